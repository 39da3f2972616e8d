"""`recourse incidents`: which there are, how far their answers have come, and who refused."""

from typing import Annotated
from uuid import UUID

import typer

from services.intake.domain.incident import Incident
from services.intake.views.incident_letters import LetterState
from services.intake.wiring import IntakeService
from services.opening import Json, opened
from shared.runtime.terminal import Rows, show

MOST = 200

app = typer.Typer(no_args_is_help=True, help="Incidents: how far their answers have come.")


@app.command("list")
def show_list(tenant: str = "default", as_json: Json = False) -> None:
    """Show the newest incidents."""
    rows = opened().intake.letters.newest(tenant, limit=MOST)
    names = ("incident_id", "name", "opened_at", "closed_at")
    show("Incidents", [{name: row[name] for name in names} for row in rows], as_json=as_json)


@app.command("show")
def show_one(
    incident_id: Annotated[UUID, typer.Argument(help="From the list")],
    tenant: str = "default",
    refused: Annotated[bool, typer.Option("--refused", help="Each complaint that refused, and why")] = False,
    as_json: Json = False,
) -> None:
    """Show of each answer of an incident how many complaints have it, refused it, remain."""
    intake = opened().intake
    incident = intake.application.incident(incident_id, tenant)
    rows = _refusals(intake, incident) if refused else _progress(intake, incident)
    show(f"Answers of {incident.name}", rows, as_json=as_json)


def _progress(intake: IntakeService, incident: Incident) -> Rows:
    counted = intake.letters.counts(incident.id)
    return [
        {
            "answer": answer_id,
            "at": answer.timestamp,
            "total": answer.count,
            **{state.value: counted.get(answer_id, {}).get(state, 0) for state in LetterState},
        }
        for answer_id, answer in incident.answers.items()
    ]


def _refusals(intake: IntakeService, incident: Incident) -> Rows:
    rows: list[dict[str, str]] = []
    after = ""
    while page := intake.letters.page(incident.id, LetterState.REFUSED, after=after, limit=MOST):
        rows += ({"complaint": row["complaint_id"], "answer": row["answer_id"], "code": row["code"]} for row in page)
        after = page[-1]["command_id"]
    return rows
