"""`recourse policy`: check a file before it promises anything, and show what would be promised."""

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from services.embedded import compose
from services.escalation import operations
from services.escalation.application import Migration, preview
from services.escalation.domain.case import Case
from services.escalation.domain.clocks import Clock
from services.escalation.domain.policy import Policy, PolicyBook
from services.escalation.domain.situation import Matter
from services.escalation.policy_files import check_file, load_book
from services.opening import AsOf, Json, existing, settings, tenant_named
from services.timeline_picture import draw
from shared.contracts.tenant import load_tenants
from shared.runtime.backends import Backend
from shared.runtime.clock import system_clock
from shared.runtime.terminal import print_json, progress_bar, show

CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

app = typer.Typer(no_args_is_help=True, help="Policies: the files that say what is promised.")


@app.command()
def check(files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False)]) -> None:
    """Read policy and calendar files and name every error with its line; exit code 2 where there is one."""
    failed = False
    for file in files:
        said, errors = check_file(file)
        failed = failed or bool(errors)
        for error in errors:
            typer.secho(error, fg="red", err=True)
        if not errors:
            typer.echo(said)
    if failed:
        sys.exit(2)


@app.command("preview")
def show_preview(
    category: str = "other",
    tenant: str = "default",
    complexity: Annotated[str, typer.Option(help="simple or complex")] = "simple",
    urgent: Annotated[bool, typer.Option("--urgent")] = False,
    channel: str = "app",
    jurisdiction: str | None = None,
    regulated_service: str | None = None,
    amount: Annotated[str | None, typer.Option(help="Such as 120.50")] = None,
    currency: str = "",
    received_at: AsOf = None,
    policy: Annotated[
        list[str] | None, typer.Option(help="Instead of those that the tenant chose; may be repeated")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show every date of a complaint that does not exist yet, on a timeline."""
    where = settings()
    tenants = load_tenants(where.tenants_dir)
    own = tenant_named(tenant, tenants)
    book = load_book(tenants.values(), where.policies_dir)
    chosen = _named(policy, book) if policy else book.chosen_by(tenant)
    now = system_clock()
    matter = Matter(
        received_at=received_at.astimezone(UTC) if received_at else now,
        channel=channel,
        category=category,
        complexity=complexity,
        urgent=urgent,
        jurisdiction=jurisdiction or own.jurisdiction,
        regulated_service=regulated_service or own.regulated_service,
        amount=_amount(amount) if amount else None,
        currency=currency,
    )
    shown = preview(chosen, matter, now=min(now, matter.received_at))
    if as_json:
        print_json(shown.timeline)
    else:
        draw(shown, Console(soft_wrap=True, highlight=False))


@app.command()
def migrate(
    by: Annotated[str, typer.Option(help="Who decides; stands in the event")],
    why: Annotated[str, typer.Option(help="A code such as law-changed; stands in the event")] = "policy-migrated",
    tenant: str | None = None,
    yes: Annotated[bool, typer.Option("--yes", help="Record it without asking")] = False,
) -> None:
    """Promise open cases what the newest versions of their policies do: show every difference, ask, record each."""
    if not CODE.fullmatch(why):
        raise typer.BadParameter(f"why must be a code such as law-changed, got {why!r}")
    backend = existing()
    backend.take_directory()
    try:
        _migrate(backend, by=by, why=why, tenant=tenant, yes=yes)
    finally:
        backend.release_directory()


def _migrate(backend: Backend, *, by: str, why: str, tenant: str | None, yes: bool) -> None:
    escalation = compose(backend, serve=False).escalation
    found = operations.migrations(escalation, tenant, backend.clock())
    show("Clocks that would change", [row for migration in found for row in _differences(migration)], as_json=False)
    if not found or not (yes or typer.confirm(f"Change the clocks of {len(found)} complaints?")):
        return
    complaints = [migration.complaint_id for migration in found]
    with progress_bar("migrate", total=len(complaints)) as progress:
        operations.migrate(escalation, complaints, why=why, by=by, now=backend.clock(), progress=progress)


def _differences(migration: Migration) -> list[dict[str, str]]:
    rows = []
    for event in migration.events:
        before, becomes = migration.before.get(event.clock_id), BECOMES.get(type(event))
        if becomes:
            rows.append({"complaint": str(migration.complaint_id), **becomes(event, before)})
    return rows


def _starts(event: Case.ClockStarted, _: object) -> dict[str, str]:
    return {
        "clock": event.clock,
        "policy": f"{event.policy.name} {event.policy.version}",
        "calendar": f"{event.calendar.name} {event.calendar.version}",
        "due_on": f"starts -> {event.due_on}",
    }


def _ends(event: Case.ClockCancelled, before: Clock) -> dict[str, str]:
    return {
        "clock": event.clock,
        "policy": f"{before.policy} {before.policy_version} -> {event.policy.version if event.policy else ''}",
        "calendar": f"{before.calendar} {before.calendar_version}",
        "due_on": f"{before.due_on} -> cancelled",
    }


def _moves(event: Case.ClockRecalculated, before: Clock) -> dict[str, str]:
    policy, calendar = event.policy, event.calendar
    return {
        "clock": before.name,
        "policy": f"{before.policy} {before.policy_version} -> {policy.version if policy else ''}",
        "calendar": f"{before.calendar} {before.calendar_version} -> {calendar.version if calendar else ''}",
        "due_on": f"{before.due_on} -> {event.due_on}",
    }


BECOMES: Mapping[type[object], Callable[[Any, Any], dict[str, str]]] = {
    Case.ClockStarted: _starts,
    Case.ClockCancelled: _ends,
    Case.ClockRecalculated: _moves,
}
"""What each event of a migration does to a clock; a pause besides changes no date."""


def _named(names: Sequence[str], book: PolicyBook) -> list[Policy]:
    if missing := set(names) - {policy.name for policy in book.all()}:
        raise typer.BadParameter(f"no file defines {', '.join(sorted(missing))}")
    return [policy for name in names for policy in book.all() if policy.name == name]


def _amount(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise typer.BadParameter(f"{text!r} is no amount such as 120.50") from error
