"""A whole installation in a directory of its own that is thrown away, and the submissions that benches give it."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID, uuid4

from services.embedded import compose
from services.intake.changing import Call
from services.intake.domain.parties import PartyRole, Person
from services.intake.domain.provenance import Actor, ActorType, Channel, Provenance
from services.intake.domain.submission import Matter
from services.intake.submitting import Draft, PartyDraft
from shared.eventstore.command import Receipt
from shared.eventstore.idempotency import CommandKey
from shared.runtime.backends import Backend, development_settings
from shared.runtime.process import Process
from shared.runtime.settings import Settings

DRAIN_SECONDS = 20
DESCRIPTION = "The bank has debited the amount, the balance has not changed."


class House:
    """Everything is wired; a role runs when a bench says so."""

    def __init__(self, directory: Path) -> None:
        settings = Settings(data_dir=directory, tenants_dir=None, policies_dir=None)
        self.directory = directory
        self.backend = Backend(development_settings(settings))
        self.embedded = compose(self.backend, serve=False)
        self.intake = self.embedded.intake.application
        services = (self.embedded.intake, self.embedded.escalation, self.embedded.notifier)
        self._roles = {role.name: role for service in services for role in service.roles}

    @contextmanager
    def running(self, *names: str) -> Iterator[None]:
        """Run these roles, or all of them; each runs once in the life of a house."""
        process = Process([self._roles[name] for name in names or self._roles], drain_seconds=DRAIN_SECONDS, closers=())
        process.start()
        try:
            yield
        finally:
            process.stop()

    def submit(self, complaint_id: UUID | None = None) -> "Future[Receipt]":
        """One submission of a new wallet user, under a key of its own."""
        draft = Draft(
            category="topup.not_credited",
            parties=(_complainant(),),
            spoken_by=PartyRole.COMPLAINANT,
            matter=Matter(description=DESCRIPTION),
            language="en",
        )
        call = Call(tenant="default", by=session(), owner="bench", key=CommandKey(uuid4().hex, "body"))
        return self.intake.submit(complaint_id or uuid4(), call, draft)

    def submit_at_once(self, count: int) -> list[Receipt]:
        return [answer.result() for answer in [self.submit() for _ in range(count)]]


def _complainant() -> PartyDraft:
    return PartyDraft(role=PartyRole.COMPLAINANT, person=Person(wallet_user_id=str(uuid4())))


def session(party_id: UUID | None = None) -> Provenance:
    """A wallet app acting for the complainant."""
    actor = Actor(ActorType.SERVICE, "bench")
    return Provenance(
        actor=actor, at=datetime.now(UTC), channel=Channel.APP, correlation_id=uuid4(), on_behalf_of=party_id or uuid4()
    )


@contextmanager
def house() -> Iterator[House]:
    with TemporaryDirectory(prefix="recourse-bench-") as directory:
        made = House(Path(directory))
        try:
            yield made
        finally:
            made.embedded.process.stop()


def seconds(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun
