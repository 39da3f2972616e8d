"""`recourse remedies`: what is promised and owed, across complaints, and the sums of it."""

from datetime import date
from typing import Annotated, Any

import typer

from services.intake.views.remedies import Remedies, Standing, Wanted
from services.opening import Json, opened, tenant_named
from shared.runtime.clock import system_clock
from shared.runtime.terminal import show


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no day such as 2026-01-31") from error


def remedies(
    tenant: str = "default",
    state: Annotated[list[Standing] | None, typer.Option(help="May be repeated")] = None,
    due_before: Annotated[
        date | None, typer.Option(help="What is due before a day", parser=_day, metavar="DAY")
    ] = None,
    totals: Annotated[bool, typer.Option("--totals", help="Sums by currency, state, kind and category")] = False,
    limit: Annotated[int, typer.Option(min=1)] = 100,
    as_json: Json = False,
) -> None:
    """List promised remedies, what is due first comes first; or add them up."""
    intake = opened().intake
    today = tenant_named(tenant, intake.application.tenants).local_day(system_clock())
    wanted = Wanted(tenant=tenant, today=today, state=tuple(state or ()), due_before=due_before)
    rows = _totals(intake.remedies, wanted) if totals else _listed(intake.remedies, wanted, limit)
    show("Remedies", rows, as_json=as_json)


def _listed(view: Remedies, wanted: Wanted, limit: int) -> list[dict[str, Any]]:
    return [
        {
            "due_on": row["due_on"],
            "state": row["standing"],
            "number": row["number"],
            "kind": row["kind"],
            "amount": row["amount"],
            "currency": row["currency"],
            "category": row["category"],
            "awaits_acceptance": bool(row["awaits_acceptance"]),
            "remedy_id": row["remedy_id"],
        }
        for row in view.page(wanted, after=None, limit=limit)
    ]


def _totals(view: Remedies, wanted: Wanted) -> list[dict[str, Any]]:
    return [
        {
            "currency": total.currency,
            "state": total.standing,
            "kind": total.kind,
            "category": total.category,
            "count": total.count,
            "amount": None if total.amount is None else f"{total.amount:f}",
        }
        for total in view.totals(wanted)
    ]
