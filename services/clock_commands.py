"""`recourse clocks`: what is due, and whether clocks fire."""

from typing import Annotated

import typer

from services.escalation.views.due_board import DueBoard, Standing, Wanted, tonight
from services.opening import Json, opened, tenant_named
from shared.runtime.terminal import print_json, show

app = typer.Typer(help="Clocks: what is due, and whether they fire.")


@app.callback(invoke_without_command=True)
def board(
    context: typer.Context,
    standing: Annotated[Standing | None, typer.Option(help="Only what stands there")] = None,
    level: Annotated[int | None, typer.Option(min=0, max=2)] = None,
    handler: str | None = None,
    tenant: str = "default",
    limit: int = 50,
    as_json: Json = False,
) -> None:
    """Show the due board: overdue, due today, paused, by level and handler."""
    if context.invoked_subcommand:
        return
    escalation = opened().escalation
    desk = escalation.policy_desk
    tenant_named(tenant, desk.tenants)
    now = desk.now()
    wanted = Wanted(
        tenant=tenant,
        now=now,
        tonight=tonight(now, desk.tenants[tenant].time_zone),
        standing=standing,
        level=level,
        handler=handler,
        limit=limit,
    )
    _print(escalation.application.board, wanted, escalation.heartbeat.stopped_because(), as_json=as_json)


@app.command()
def resume() -> None:
    """Let clocks fire again after the clock had jumped: what is due by now fires."""
    heartbeat = opened().escalation.heartbeat
    stopped = heartbeat.stopped_because()
    if stopped is None:
        typer.echo("clocks fire; there is nothing to resume")
        return
    heartbeat.resume()
    typer.echo(f"clocks fire again; they had stopped because {stopped}")


def _print(shown: DueBoard, wanted: Wanted, stopped: str | None, *, as_json: bool) -> None:
    counts, rows = [vars(count) for count in shown.counts(wanted)], [vars(row) for row in shown.rows(wanted)]
    if as_json:
        print_json({"stopped_because": stopped, "counts": counts, "clocks": rows})
        return
    if stopped:
        typer.secho(f"No clock fires: {stopped}. Look at it, then `recourse clocks resume`.", fg="red")
    show("How many", counts, as_json=False)
    named = ("due_at", "due_on", "state", "clock", "policy", "level", "handler", "complaint_id")
    show("Due, the earliest first", [{name: _text(row[name]) for name in named} for row in rows], as_json=False)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
