"""The tenants that tests of notifier configure, and what notifier says became of its notifications."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from services.notifier.domain.notification import RecipientKind
from shared.contracts.complaint_commands import RecordDelivery
from shared.contracts.message import Message
from shared.contracts.notification_events import NOTIFICATIONS, NotificationFact, NotificationPlanned, Recipient
from shared.contracts.tenant import DEFAULT_FILE
from shared.contracts.topics import COMPLAINT_COMMANDS, NOTIFICATION_EVENTS
from shared.messaging.facts import Received
from shared.messaging.replay import facts_of
from tests.client import Client, answered
from tests.conftest import Running, running_installation
from tests.services.notifier_receivers import LOOPBACK
from tests.waiting import wait_until

SENDER = "complaints@wallet.example"
PROMPT: dict[str, Any] = {"sender_poll_ms": 10}
"""Settings of an installation whose sender looks often."""

Complaint = dict[str, Any]
M = TypeVar("M", bound=Message)


def write_tenant(
    directory: Path, *tables: str, tenant: str = "default", changes: Mapping[str, str] | None = None
) -> Path:
    """Write a tenant like the default one with more tables; `changes` replace lines of it. Return the directory."""
    text = DEFAULT_FILE.read_text(encoding="utf-8")
    for line, changed in {'tenant = "default"': f'tenant = "{tenant}"', **(changes or {})}.items():
        assert line in text
        text = text.replace(line, changed)
    directory.mkdir(parents=True, exist_ok=True)
    (directory / f"{tenant}.toml").write_text("\n\n".join((text, *tables)), encoding="utf-8")
    return directory


@contextmanager
def installed(directory: Path, tenants_dir: Path | None = None) -> Iterator[Running]:
    """An installation for several tests: each has complaints of its own, and none moves the clock."""
    with running_installation(directory / "data", tenants_dir=tenants_dir, **PROMPT) as running:
        yield running


def webhook_table(host: str, secret_file: Path) -> str:
    return f'[webhook]\nurl = "http://{host}/hook"\nsecret_file = "{secret_file}"'


def email_table(port: int, *more: str, starttls: bool = False) -> str:
    lines = ("[email]", f'host = "{LOOPBACK}"', f"port = {port}", f'sender = "{SENDER}"')
    return "\n".join((*lines, f"starttls = {str(starttls).lower()}", *more))


def sms_table(host: str) -> str:
    return f'[sms]\nurl = "json://{host}/sms/{{address}}"'


@dataclass(frozen=True)
class Told:
    """One notification: its plan, and the facts that followed it in order."""

    id: UUID
    plan: NotificationPlanned
    became: tuple[NotificationFact, ...]

    @property
    def outcome(self) -> list[str]:
        """The short names of what followed: sent, failed, abandoned."""
        return [fact.stored_name.partition(".")[2] for fact in self.became]


def told(running: Running, complaint: Complaint) -> list[Told]:
    """Every notification about a complaint, in the order in which they were planned."""
    streams: dict[UUID, list[Received]] = {}
    for received in facts_of(running.backend.log, (NOTIFICATION_EVENTS,), NOTIFICATIONS):
        if received.envelope.subject == complaint["id"]:
            streams.setdefault(received.envelope.stream_id, []).append(received)
    return [_told(stream_id, stream) for stream_id, stream in streams.items()]


def _told(stream_id: UUID, stream: list[Received]) -> Told:
    plan, *rest = (received.message for received in stream)
    assert isinstance(plan, NotificationPlanned)
    return Told(stream_id, plan, tuple(fact for fact in rest if isinstance(fact, NotificationFact)))


def the(running: Running, complaint: Complaint, template: str) -> Told:
    """The one notification of a template."""
    (found,) = [each for each in told(running, complaint) if each.plan.template == template]
    return found


def became(notification: Told, kind: type[M]) -> M:
    """The one fact of a kind among what followed."""
    (found,) = [fact for fact in notification.became if isinstance(fact, kind)]
    return found


def reported(running: Running, complaint: Complaint) -> list[RecordDelivery]:
    """The attempts that notifier asked intake to record."""
    received = facts_of(running.backend.log, (COMPLAINT_COMMANDS,), (RecordDelivery,))
    commands = [each.message for each in received if each.envelope.subject == complaint["id"]]
    return [command for command in commands if isinstance(command, RecordDelivery)]


def reached(running: Running, complaint: Complaint) -> list[tuple[str, str]]:
    """Who was told, and with which template, in the order of planning; the complainant goes by that name."""
    plans = [each.plan for each in told(running, complaint)]
    return [(_name(plan.recipient), plan.template) for plan in plans]


def _name(recipient: Recipient) -> str:
    return recipient.kind if recipient.kind == RecipientKind.COMPLAINANT else recipient.id


def wait_until_reached(running: Running, complaint: Complaint, who: str, template: str) -> None:
    wait_until(lambda: (who, template) in reached(running, complaint), seconds=60, what=f"{template} to {who}")


def promised_in(language: str, api: Client, complaint: Complaint) -> list[str]:
    """What the story of a complaint promises, in its words."""
    story = api.get(f"/v1/complaints/{complaint['id']}/story", headers={"Accept-Language": language})
    return [promise["text"] for promise in answered(story)["promises"]]
