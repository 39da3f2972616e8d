"""How long it takes to read one complaint, by its number of events, against a plain SELECT of its rows."""

import sqlite3
from contextlib import closing
from functools import partial
from statistics import median
from uuid import UUID, uuid4

from bench.house import DESCRIPTION, House, house, seconds, session
from services.intake.domain.complaint import Complaint
from services.intake.operations import Desk
from shared.eventstore.command import Command, Decision

VERSIONS = (5, 50, 500)
TIMES = 30
MILLISECONDS = 1000


def line(scale: float) -> str:
    times = max(int(TIMES * scale), 1)
    with house() as here:
        with here.running("intake-writer"):
            complaints = {version: _complaint(here, version) for version in VERSIONS}
        desk = Desk(here.embedded.intake)
        took = {
            version: median(seconds(partial(desk.state, each, None, "en")) for _ in range(times))
            for version, each in complaints.items()
        }
        longest = complaints[VERSIONS[-1]]
        plain = median(seconds(partial(_select, here, longest)) for _ in range(times))
    told = ", ".join(f"{version}: {MILLISECONDS * each:.1f} ms" for version, each in took.items())
    return f"at version {told}; the last is {took[VERSIONS[-1]] / plain:.0f} times a SELECT of its rows"


def _complaint(here: House, version: int) -> UUID:
    complaint_id = uuid4()
    recorded = here.submit(complaint_id).result().version

    def decide() -> Decision:
        complaint: Complaint = here.intake.repository.get(complaint_id)
        by = session(next(iter(complaint.parties)))
        for _ in range(version - recorded):
            complaint.follow_up(DESCRIPTION, by=by)
        return Decision.of(complaint)

    here.intake.execute(Command(decide=decide, streams=(complaint_id,))).result()
    return complaint_id


def _select(here: House, complaint_id: UUID) -> None:
    with closing(sqlite3.connect(here.directory / "intake.db")) as connection:
        connection.execute("SELECT * FROM intake_events WHERE originator_id = ?", (complaint_id.hex,)).fetchall()
