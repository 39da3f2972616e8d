"""`recourse tasks`: what handlers have to do by hand."""

from typing import Annotated

import typer

from services.intake.views.tasks import TaskKind, Wanted
from services.opening import Json, opened, tenant_named
from shared.runtime.terminal import show


def tasks(
    tenant: str = "default",
    kind: Annotated[list[TaskKind] | None, typer.Option(help="May be repeated")] = None,
    handler: Annotated[str | None, typer.Option(help="On whose complaints")] = None,
    limit: Annotated[int, typer.Option(min=1)] = 20,
    as_json: Json = False,
) -> None:
    """List what handlers have to do by hand, the oldest first."""
    intake = opened().intake
    tenant_named(tenant, intake.application.tenants)
    wanted = Wanted(tenant=tenant, kinds=tuple(kind or ()), assigned_to=handler)
    names = ("opened_at", "kind", "number", "level", "assigned_to", "complaint_id")
    rows = intake.tasks.open_tasks(wanted, after=None, limit=limit)
    show("Tasks", [{name: row[name] for name in names} for row in rows], as_json=as_json)
