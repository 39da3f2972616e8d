"""`recourse signals`: which sudden rises there were, and which incident was opened of each."""

from typing import Annotated

import typer

from services.opening import Json, opened, tenant_named
from shared.runtime.terminal import show


def signals(
    tenant: str = "default",
    category: Annotated[str | None, typer.Option(help="Of one category, by its code")] = None,
    limit: Annotated[int, typer.Option(min=1)] = 20,
    as_json: Json = False,
) -> None:
    """List sudden rises of a category, the newest first."""
    intake = opened().intake
    tenant_named(tenant, intake.application.tenants)
    names = ("raised_at", "category", "counted", "threshold", "baseline", "signal_id")
    rows = intake.signals.page(tenant, category=category, after=None, limit=limit)
    told = [{**{name: row[name] for name in names}, "incident": row["name"]} for row in rows]
    show("Signals", told, as_json=as_json)
