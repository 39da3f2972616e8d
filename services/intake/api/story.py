"""The route for the story of a complaint: what its complainant reads, in their language."""

from datetime import datetime
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Response

from services.intake.api.complaints import AsOf, sight_of
from services.intake.api.fields import Answer
from services.intake.api.reading import Sight
from services.intake.api.routes import problems
from services.intake.api.visits import Visit, nearest_language, visit
from services.intake.views.complaint_page import complaint_page
from services.intake.views.story import Seen, tell
from shared.access.principals import Scope
from shared.contracts.message import Audience
from shared.contracts.telling import Telling

router = APIRouter(tags=["complaints"])

Reader = Annotated[Visit, visit(Scope.READ, Scope.HANDLE, Scope.SUPERVISE, Scope.AUDIT)]


class ToldOut(Answer):
    """One thing that happened: `on` is `at` as people write it, `quoted` what was said, null where nothing was."""

    at: datetime
    on: str
    text: str
    quoted: str | None


class DatedOut(Answer):
    """A sentence, and the first instant that is too late; null where nothing is promised."""

    text: str
    by: datetime | None


class MissingOut(Answer):
    text: str
    how: str


class RightOut(Answer):
    """What the complainant may do; `action` is the command for it, null for what is done elsewhere."""

    text: str
    action: str | None


class StoryOut(Answer):
    """A complaint in plain sentences: the same words stand in its notifications and letters."""

    number: str
    headline: str
    happened: tuple[ToldOut, ...]
    next: DatedOut
    promises: tuple[DatedOut, ...]
    missing: tuple[MissingOut, ...]
    rights: tuple[RightOut, ...]


@router.get(
    "/complaints/{complaint_id}/story",
    summary="Read a complaint as its complainant is told of it",
    operation_id="get_story",
    response_model=StoryOut,
    responses=problems(404),
)
async def story(complaint_id: UUID, visit: Reader, as_of: AsOf = None) -> Response:
    """In the language asked for, or that of the complaint; everybody reads what the complainant may read."""
    sight = await sight_of(visit, complaint_id, as_of)
    language = visit.asked_language or nearest_language(sight.complaint.language)
    told = await visit.read(_story, visit, sight, language)
    return visit.json(told, headers={"Content-Language": language})


def _story(visit: Visit, sight: Sight, language: str) -> StoryOut:
    reading, complaint = visit.counter.reading, sight.complaint
    tenant = visit.counter.intake.tenants[complaint.tenant]
    at = sight.until or visit.counter.now()
    reopen_until = reading.reopen_until(sight)
    seen = Seen(
        complaint=complaint,
        page=complaint_page(sight.history, Audience.COMPLAINANT),
        happened=reading.shown(sight, visit.caller, Audience.COMPLAINANT),
        promises=sight.promises,
        allowed=reading.allowed_to_party(sight, visit.caller, at),
        reopen_until=reopen_until,
        at=at,
    )
    catalogue = visit.counter.catalogue
    telling = Telling(language, ZoneInfo(tenant.time_zone), tenant.contact, catalogue.bodies)
    return StoryOut.model_validate(tell(seen, catalogue, telling), from_attributes=True)
