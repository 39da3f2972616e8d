"""The `recourse` command: run everything in one process, and look after what it keeps."""

import sys
from datetime import timedelta
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer
from eventsourcing.persistence import InterfaceError, OperationalError
from pydantic import ValidationError

from services import (
    backing_up,
    banner,
    calendar_command,
    clock_commands,
    import_commands,
    incident_commands,
    letter_commands,
    moving,
    parked,
    policy_commands,
    queue_commands,
    remedy_commands,
    serving,
    signal_commands,
    task_commands,
)
from services.embedded import compose
from services.escalation.policy_files import PolicyFileError
from services.intake import operations as intake_operations
from services.intake.api.answers import HistoryEntry
from services.intake.domain.errors import IntakeError
from services.intake.erasure_list import ErasuresMissingError
from services.intake.importing.faults import ImportFileError
from services.moving import MoveDiffersError
from services.notifier import operations as notifier_operations
from services.notifier.api.outbox import Notice
from services.notifier.rendering import TemplateError
from services.opening import (
    AlwaysJson,
    AsOf,
    Json,
    Language,
    Service,
    existing,
    faults,
    named,
    opened,
    settings,
    tenant_named,
)
from services.problems_page import write_problems_page
from services.replaying import REBUILD_TIMEOUT_MS, REPLAYS, positions, show_anew, show_behind
from services.tables import TABLES
from shared.access.principals import CallerType, Principal, Scope
from shared.access.tokens import TokenSigner, write_secret
from shared.contracts.documents import write_documents
from shared.contracts.tenant import TenantFileError
from shared.contracts.topics import ALL_TOPICS, READ_BY
from shared.eventstore.moving import HalfMovedError
from shared.eventstore.store import SchemaMismatchError
from shared.messaging.log import LogUnavailableError, TopicsDifferError
from shared.runtime import logs
from shared.runtime.backends import Backend, ConfigurationError, development_settings, installation_keys, require_topics
from shared.runtime.clock import system_clock
from shared.runtime.moved import MovedAwayError
from shared.runtime.terminal import Entry, print_json, print_line, progress_bar, show, show_entries

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help=__doc__, rich_markup_mode=None, pretty_exceptions_enable=False
)
app.add_typer(parked.app, name="parked")
app.add_typer(policy_commands.app, name="policy")
app.add_typer(clock_commands.app, name="clocks")
app.add_typer(import_commands.app, name="import")
app.add_typer(incident_commands.app, name="incidents")
app.command()(calendar_command.calendar)
app.command()(queue_commands.queue)
app.command()(signal_commands.signals)
app.command()(task_commands.tasks)
serving.add_commands(app)
letter_commands.add_commands(app)
moving.add_commands(app)
app.command()(remedy_commands.remedies)
topics_app = typer.Typer(help="The topics, and how far each group is behind; `create` makes them.")
app.add_typer(topics_app, name="topics")
backing_up.add_commands(app, topics_app)


@app.command()
def run(
    development: Annotated[bool, typer.Option(help="Make keys where there are none, and print tokens")] = False,
) -> None:
    """Run every service in this process, until Ctrl-C."""
    read = settings()
    logs.configure(level=read.log_level, as_json=read.log_json)
    backend = Backend(development_settings(read) if development else read)
    backend.take_directory()
    require_topics(backend.log)
    embedded = compose(backend)
    show_behind(embedded, backend)
    if development:
        banner.show(backend)
    sys.exit(embedded.process.run())


@app.command("migrate")
def migrate_tables() -> None:
    """Bring the tables in PostgreSQL up to date, as the owner of the database; again = nothing."""
    backend = named()
    for name, schemas in TABLES.items():
        steps = backend.migrate(name, schemas)
        for part, taken in groupby(steps, key=lambda step: step.part):
            typer.echo(f"{name}: {part}, steps {', '.join(str(step.number) for step in taken)}")
        if not steps:
            typer.echo(f"{name}: up to date")


@topics_app.callback(invoke_without_command=True)
def topics(context: typer.Context, as_json: Json = False) -> None:
    """Show every topic, how much is on it, and how far each group is behind."""
    if context.invoked_subcommand:
        return
    log = existing().log
    ends, committed = log.ends(), {group: log.committed(group) for group in Service}
    rows = []
    for topic in ALL_TOPICS:
        partitions = [partition for partition in ends if partition.topic == topic.name]
        behind = {
            group: sum(ends[each] - committed[Service(group)].get(each, 0) for each in partitions)
            for group in READ_BY.get(topic.name, ())
        }
        total = sum(ends[each] for each in partitions)
        rows.append({"topic": topic.name, "partitions": len(partitions), "messages": total, "behind": behind})
    show("Topics", rows, as_json=as_json)


@topics_app.command("create")
def topics_create(
    replication: Annotated[
        int | None, typer.Option(min=1, help="Copies of each; without it 3, or one per broker")
    ] = None,
) -> None:
    """Make the topics that are missing; refuse where one that exists is not as it must be."""
    created = named().log.create_topics(replication)
    typer.echo("\n".join(created) or "every topic is there, and as it must be")


@app.command()
def history(complaint: str, as_of: AsOf = None, as_json: Json = False) -> None:
    """Show the history of a complaint, by id or number."""
    desk = intake_operations.Desk(opened().intake)
    entries = desk.history(desk.find(complaint), as_of)
    if as_json:
        print_json([entry.model_dump() for entry in entries])
        return
    show_entries("History", [_entry(entry) for entry in entries])


def _entry(entry: HistoryEntry) -> Entry:
    name, actor = entry.type.split(".")[2], f"{entry.actor.type} {entry.actor.id}"
    said = {field: value for field, value in entry.fields.items() if value not in (None, (), [], {})}
    return f"{entry.version}  {entry.recorded_at.isoformat()}  {name}  by {actor}", said


@app.command()
def state(complaint: str, as_of: AsOf = None, language: Language = Language.EN, _as_json: AlwaysJson = True) -> None:
    """Show a complaint as it is, or as it was known at an instant, as JSON."""
    desk = intake_operations.Desk(opened().intake)
    print_json(desk.state(desk.find(complaint), as_of, language).model_dump())


@app.command()
def export(
    personal: Annotated[bool, typer.Option(help="Decrypt what is personal and still there")] = False,
) -> None:
    """Write every event of intake as a line of JSON, in the order of recording, with its digest."""
    for line in intake_operations.Desk(opened().intake).export(personal=personal):
        print_line(line)


@app.command()
def replay(what: Annotated[str, typer.Argument(help=f"One of {', '.join(REPLAYS)}")]) -> None:
    """Rebuild a view from its events, or a lost service from the log. Stop the process first."""
    if what not in REPLAYS:
        raise typer.BadParameter(f"{what!r} is none of {', '.join(REPLAYS)}")
    backend = existing(database_timeout_ms=REBUILD_TIMEOUT_MS)
    backend.take_directory()
    embedded = compose(backend, serve=False)
    with progress_bar(what, total=positions(embedded, what)) as progress:
        show_anew(embedded, backend.log, what, progress)
    typer.echo(f"{what}: done")


@app.command()
def outbox(
    complaint: Annotated[str | None, typer.Option(help="Of one complaint, by id or number")] = None,
    tenant: str = "default",
    limit: Annotated[int, typer.Option(min=1)] = 20,
    as_json: Json = False,
) -> None:
    """Read the console outbox, the newest first."""
    embedded = opened()
    tenant_named(tenant, embedded.intake.application.tenants)
    complaint_id = intake_operations.Desk(embedded.intake).find(complaint) if complaint else None
    notices = notifier_operations.outbox(embedded.notifier, tenant, complaint_id, limit)
    if as_json:
        print_json([notice.model_dump() for notice in notices])
        return
    show_entries("Outbox", [_notice(notice) for notice in notices])


def _notice(notice: Notice) -> Entry:
    text = "(erased)" if notice.text is None else notice.text
    return f"{notice.sent_at.isoformat()}  to {notice.recipient}  {notice.subject or notice.template}", {"text": text}


@app.command()
def token(
    subject: str,
    actor_type: Annotated[CallerType, typer.Option("--type")] = CallerType.HANDLER,
    scope: Annotated[list[Scope] | None, typer.Option(help="May be repeated")] = None,
    tenant: str = "default",
    valid_hours: Annotated[int, typer.Option(min=1)] = 12,
) -> None:
    """Sign a bearer token."""
    scopes = frozenset(scope or (Scope.HANDLE, Scope.READ))
    principal = Principal(tenant, actor_type, subject, scopes)
    typer.echo(named().signer.sign(principal, timedelta(hours=valid_hours)))


@app.command()
def keys(directory: Path, valid_days: Annotated[int, typer.Option(min=1)] = 365) -> None:
    """Make the keys of an installation where there are none, and sign anew the token of its own processes."""
    made = installation_keys(directory)
    signer = TokenSigner(made.signing, system_clock)
    own = Principal("default", CallerType.SERVICE, "recourse", frozenset({Scope.INTERNAL}))
    write_secret(directory / "internal.token", signer.sign(own, timedelta(days=valid_days)))
    typer.echo(f"keys and a token for {valid_days} days are in {directory}")


@app.command()
def documents(directory: Annotated[Path, typer.Argument(help="The root of the repository")]) -> None:
    """Write what is made from the code: JSON Schemas, the AsyncAPI document, the pages of events and problems."""
    write_documents(directory)
    write_problems_page(directory)


CALLERS_FAULTS = (
    ConfigurationError,
    ErasuresMissingError,
    ImportFileError,
    IntakeError,
    HalfMovedError,
    LogUnavailableError,
    MoveDiffersError,
    MovedAwayError,
    PolicyFileError,
    TemplateError,
    SchemaMismatchError,
    TenantFileError,
    TopicsDifferError,
)


def main() -> None:
    """Answer mistakes of the caller with one line and exit code 2."""
    try:
        app()
    except CALLERS_FAULTS as error:
        typer.secho(_line(error), fg="red", err=True)
        sys.exit(2)
    except (OperationalError, InterfaceError) as error:
        typer.secho(f"the database cannot be used: {error}", fg="red", err=True)
        sys.exit(1)


def _line(error: Exception) -> str:
    text = str(error) or type(error).__doc__ or ""
    if isinstance(error.__cause__, ValidationError) and isinstance(error, TenantFileError):
        text = f"{text.partition(':')[0]}: {faults(error.__cause__)}"
    return " ".join(text.split())


if __name__ == "__main__":
    main()
