"""The `recourse` command: run everything in one process, and look after what it keeps."""

import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from services import banner, clock_commands, policy_commands
from services.embedded import Embedded, compose
from services.escalation import operations as escalation_operations
from services.escalation.calendar_files import calendar_toml
from services.escalation.policy_files import PolicyFileError
from services.intake import operations as intake_operations
from services.intake.domain.errors import IntakeError
from services.notifier import operations as notifier_operations
from services.problems_page import write_problems_page
from shared.access.principals import CallerType, Principal, Scope
from shared.contracts.documents import write_documents
from shared.contracts.tenant import TenantFileError
from shared.contracts.topics import ALL_TOPICS
from shared.eventstore.application import EventSourced
from shared.messaging.parking import ParkedMessage, Parking
from shared.runtime import logs
from shared.runtime.backends import Backend, ConfigurationError, development_settings, installation
from shared.runtime.settings import Settings
from shared.runtime.terminal import print_json, print_line, progress_bar, show

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__, pretty_exceptions_enable=False)
parked_app = typer.Typer(no_args_is_help=True, help="Messages that could not be applied.")
app.add_typer(parked_app, name="parked")
app.add_typer(policy_commands.app, name="policy")
app.add_typer(clock_commands.app, name="clocks")

Json = Annotated[bool, typer.Option("--json", help="For machines")]
AsOf = Annotated[datetime | None, typer.Option(help="An instant with offset", parser=datetime.fromisoformat)]
GROUPS = ("intake", "escalation", "notifier")


def _open() -> Embedded:
    return compose(installation(), serve=False)


@app.command()
def run(
    development: Annotated[bool, typer.Option(help="Make keys where there are none, and print tokens")] = False,
) -> None:
    """Run every service in this process, until Ctrl-C."""
    settings = Settings()
    logs.configure(level=settings.log_level, as_json=settings.log_json)
    backend = Backend(development_settings(settings) if development else settings)
    backend.take_directory()
    embedded = compose(backend)
    if development:
        banner.show(backend)
    sys.exit(embedded.process.run())


@app.command()
def topics(as_json: Json = False) -> None:
    """Show every topic, how much is on it, and how far each group is behind."""
    log = installation().log
    ends, committed = log.ends(), {group: log.committed(group) for group in GROUPS}
    rows = []
    for topic in ALL_TOPICS:
        partitions = [partition for partition in ends if partition.topic == topic.name]
        behind = {
            group: sum(ends[each] - offsets.get(each, 0) for each in partitions)
            for group, offsets in committed.items()
            if any(each in offsets for each in partitions)
        }
        total = sum(ends[each] for each in partitions)
        rows.append({"topic": topic.name, "partitions": len(partitions), "messages": total, "behind": behind})
    show("Topics", rows, as_json=as_json)


@app.command()
def history(complaint: str, as_of: AsOf = None, as_json: Json = False) -> None:
    """Show the history of a complaint, by id or number."""
    desk = intake_operations.Desk(_open().intake)
    entries = desk.history(desk.find(complaint), as_of)
    if as_json:
        print_json([entry.model_dump() for entry in entries])
        return
    rows = [
        {
            "version": str(entry.version),
            "recorded_at": entry.recorded_at.isoformat(),
            "event": entry.type.split(".")[2],
            "actor": f"{entry.actor.type} {entry.actor.id}",
            "fields": {name: value for name, value in entry.fields.items() if value not in (None, (), [], {})},
        }
        for entry in entries
    ]
    show(f"History of {complaint}", rows, as_json=False)


@app.command()
def state(complaint: str, as_of: AsOf = None, language: str = "en") -> None:
    """Show a complaint as it is, or as it was known at an instant, as JSON."""
    desk = intake_operations.Desk(_open().intake)
    print_json(desk.state(desk.find(complaint), as_of, language).model_dump())


@app.command()
def export(
    personal: Annotated[bool, typer.Option(help="Decrypt what is personal and still there")] = False,
) -> None:
    """Write every event of intake as a line of JSON, in the order of recording, with its digest."""
    for line in intake_operations.Desk(_open().intake).export(personal=personal):
        print_line(line)


@app.command()
def replay(what: Annotated[str, typer.Argument(help="A view, or a service: see --help of the manual")]) -> None:
    """Rebuild a view from its events, or a lost service from the log. Stop the process first."""
    backend = installation()
    backend.take_directory()
    embedded = compose(backend, serve=False)
    replays = _replays(embedded, backend)
    if what not in replays:
        raise typer.BadParameter(f"{what!r} is none of {', '.join(replays)}")
    with progress_bar(what, total=_positions(embedded, what)) as progress:
        replays[what](progress)


def _replays(embedded: Embedded, backend: Backend) -> dict[str, Callable[[Callable[[int], None]], object]]:
    intake, escalation, notifier, log = embedded.intake, embedded.escalation, embedded.notifier, backend.log
    return {
        "intake.complaint_list": lambda done: intake_operations.replay_view(intake, "complaint_list", done),
        "intake.tasks": lambda done: intake_operations.replay_view(intake, "tasks", done),
        "intake.promised_dates": lambda done: intake_operations.replay_promised_dates(intake, log, done),
        "escalation.due_clocks": lambda done: escalation_operations.replay_due_clocks(escalation, done),
        "escalation.due_board": lambda done: escalation_operations.replay_due_board(escalation, done),
        "escalation": lambda done: escalation_operations.restore(escalation, log, done),
        "notifier.queue": lambda done: notifier_operations.replay_queue(notifier, done),
        "notifier": lambda done: notifier_operations.restore(notifier, log, done),
    }


def _positions(embedded: Embedded, what: str) -> int:
    application = _applications(embedded)[what.partition(".")[0]]
    return application.recorder.max_notification_id() or 0


def _applications(embedded: Embedded) -> dict[str, EventSourced]:
    services = (embedded.intake, embedded.escalation, embedded.notifier)
    return {service.application.name: service.application for service in services}


@app.command()
def outbox(complaint: str | None = None, tenant: str = "default", limit: int = 20, as_json: Json = False) -> None:
    """Read the console outbox, the newest first."""
    embedded = _open()
    complaint_id = intake_operations.Desk(embedded.intake).find(complaint) if complaint else None
    notices = notifier_operations.outbox(embedded.notifier, tenant, complaint_id, limit)
    show("Outbox", [notice.model_dump() for notice in notices], as_json=as_json)


@app.command()
def token(
    subject: str,
    actor_type: Annotated[CallerType, typer.Option("--type")] = CallerType.HANDLER,
    scope: Annotated[list[Scope] | None, typer.Option(help="May be repeated")] = None,
    tenant: str = "default",
    valid_hours: int = 12,
) -> None:
    """Sign a bearer token."""
    scopes = frozenset(scope or (Scope.HANDLE, Scope.READ))
    principal = Principal(tenant, actor_type, subject, scopes)
    typer.echo(installation().signer.sign(principal, timedelta(hours=valid_hours)))


@app.command()
def calendar(
    country: Annotated[str, typer.Argument(help="Such as CN, or GB-ENG for a part of a country")],
    name: str,
    time_zone: str,
    first_year: int,
    last_year: int,
    hours: Annotated[str, typer.Option(help="Local working hours")] = "09:00-18:00",
) -> None:
    """Print a calendar file with the public holidays and make-up days of a country."""
    typer.echo(
        calendar_toml(country, name=name, time_zone=time_zone, first_year=first_year, last_year=last_year, hours=hours),
        nl=False,
    )


@app.command()
def documents(directory: Annotated[Path, typer.Argument(help="The root of the repository")]) -> None:
    """Write what is made from the code: JSON Schemas, the AsyncAPI document, the pages of events and problems."""
    write_documents(directory)
    write_problems_page(directory)


@parked_app.command("list")
def parked_list(as_json: Json = False) -> None:
    """List what is parked or waits for something earlier."""
    rows = [
        {
            "id": message.id,
            "service": name,
            "complaint": message.incoming.key,
            "state": message.state,
            "reason": message.reason,
            "parked_at": message.parked_at.isoformat(),
        }
        for name, message in _parked()
    ]
    show("Parked messages", rows, as_json=as_json)


@parked_app.command("show")
def parked_show(message_id: str) -> None:
    """Show one parked message whole."""
    found = [(name, message) for name, message in _parked() if message.id == message_id]
    if not found:
        raise typer.BadParameter(f"nothing is parked as {message_id!r}")
    name, message = found[0]
    incoming = message.incoming
    headers = {header: value.decode("latin-1") for header, value in incoming.headers}
    value = incoming.value.decode("utf-8", errors="replace")
    about = {"service": name, "reason": message.reason, "detail": message.detail}
    print_json({**about, "key": incoming.key, "headers": headers, "value": value})


@parked_app.command("redrive")
def parked_redrive(
    service: Annotated[str, typer.Argument(help="intake, escalation or notifier")],
    complaint: Annotated[str | None, typer.Argument(help="The id of a complaint; all without it")] = None,
) -> None:
    """Ask the consumer to try again: a running one does so at once, a stopped one when it starts."""
    application = _applications(_open())[service]
    with application.store.write() as transaction:
        count = Parking(application.store.application).request_redrive(transaction, complaint)
    typer.echo(f"{count} messages are tried again")


def _parked() -> list[tuple[str, ParkedMessage]]:
    parked = []
    for name, application in _applications(_open()).items():
        with application.store.read() as reader:
            parked += [(name, message) for message in Parking(application.store.application).all(reader)]
    return parked


def main() -> None:
    """Answer mistakes of the caller with one line and exit code 2."""
    try:
        app()
    except (ConfigurationError, IntakeError, PolicyFileError, TenantFileError) as error:
        typer.secho(str(error) or type(error).__doc__, fg="red", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
