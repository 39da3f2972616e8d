"""`recourse queue`: what a complaints team has to work on, counted, what is due first on top."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from services.intake.views.queue_counts import this_minute
from services.intake.views.queues import QUEUES, Queue, Whose, counted, in_queue
from services.intake.views.work_filter import NEVER, Sort, WorkFilter
from services.intake.wiring import IntakeService
from services.opening import Json, opened, tenant_named
from shared.contracts.tenant import Tenant
from shared.eventstore.store import Row
from shared.runtime.clock import system_clock
from shared.runtime.terminal import print_json, show

NEEDS_HANDLER = "mine is somebody's queue: name them with --handler"


def queue(
    name: Annotated[
        Queue | None, typer.Argument(help="Which queue to show; without it, how many stand in each")
    ] = None,
    handler: Annotated[str | None, typer.Option(help="Whose queue `mine` is")] = None,
    team: Annotated[str | None, typer.Option(help="Which team's, where it is not the handler's own")] = None,
    level: Annotated[int | None, typer.Option(min=0, max=3)] = None,
    tenant: str = "default",
    limit: Annotated[int, typer.Option(min=1)] = 20,
    as_json: Json = False,
) -> None:
    """Show the queues of a complaints team, or what stands in one, what is due first on top."""
    intake = opened().intake
    chosen = tenant_named(tenant, intake.application.tenants)
    if name == Queue.MINE and handler is None:
        raise typer.BadParameter(NEEDS_HANDLER)
    whose = Whose(handler or "", team or chosen.team_of(handler or ""))
    if name is None:
        show("Queues", _counts(intake, chosen, whose), as_json=as_json)
        return
    levels = () if level is None else (level,)
    rows = _rows(intake, chosen, name, whose, levels, limit)
    if as_json:
        print_json(rows)
    else:
        show(f"Queue {name}", [{**row, "due_at": _text(row["due_at"])} for row in rows], as_json=False)


def _counts(intake: IntakeService, tenant: Tenant, whose: Whose) -> list[dict[str, object]]:
    now = system_clock()
    told = []
    for each in QUEUES:
        if (each == Queue.MINE and not whose.handler) or (each == Queue.TEAM and whose.team is None):
            continue
        levels = counted(intake.worklist.counts, tenant.tenant, each, whose, now=now, tonight=tenant.tonight(now))
        sums = {name: sum(getattr(level, name) for level in levels) for name in ("complaints", "late", "due_today")}
        by_level = {str(level.level): level.complaints for level in levels}
        told.append({"queue": each.value, **sums, "by_level": by_level})
    return told


def _rows(
    intake: IntakeService, tenant: Tenant, name: Queue, whose: Whose, levels: Sequence[int], limit: int
) -> list[dict[str, Any]]:
    now = system_clock()
    everything = WorkFilter(
        tenant=tenant.tenant, level=tuple(levels), now=this_minute(now), tonight=tenant.tonight(now)
    )
    rows = intake.worklist.page(in_queue(name, whose, everything), sort=Sort.DUE, after=None, limit=limit)
    return [_told(row) for row in rows]


SHOWN = ("due_at", "clock", "number", "status", "level", "category", "urgent", "assigned_to", "team", "complaint_id")


def _told(row: Row) -> dict[str, Any]:
    told: Mapping[str, Any] = {name: row[name] for name in SHOWN}
    return {
        **told,
        "due_at": None if row["due_at"] == NEVER else row["due_at"],
        "assigned_to": row["assigned_to"] or None,
        "team": row["team"] or None,
    }


def _text(due_at: Any) -> str | None:
    return due_at.isoformat(timespec="minutes") if due_at else None
