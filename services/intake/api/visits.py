"""One caller's visit to the API: who they are, in which language, and what is carried out and answered."""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, TypeVar
from uuid import uuid4

from fastapi import Depends, Header, Request, Response
from starlette.concurrency import run_in_threadpool

from services.intake.api.calls import NOBODY, Caller, CallMaker, identify, require_if_match
from services.intake.api.fields import MoneyBody, RemedyBody
from services.intake.api.reading import Reading, Sight
from services.intake.application import Intake
from services.intake.catalogue import Catalogue
from services.intake.changing import Call
from services.intake.conversing import Answer
from services.intake.domain.money import Money
from services.intake.domain.remedies import Remedy
from services.intake.evidence_desk import EvidenceDesk
from services.intake.evidence_kinds import EvidenceKind
from services.intake.identifiers import IdentifierHashes
from services.intake.saved_filters import SavedFilters
from services.intake.submitting import money_of
from services.intake.views.complaint_list import ComplaintList
from services.intake.views.incident_letters import IncidentLetters
from services.intake.views.promised_dates import PromisedDates
from services.intake.views.remedies import Remedies
from services.intake.views.signals import Signals
from services.intake.views.tasks import Tasks
from services.intake.views.worklist import Worklist
from shared.access.principals import Scope
from shared.eventstore.command import Command, Decision, Receipt, Step
from shared.web import bearer
from shared.web.problems import TenantUnknownError

T = TypeVar("T")
PREFERRED_WAIT = re.compile(r"(?:^|[,;]\s*)wait=(\d{1,2})(?:\D|$)")
LONGEST_PREFERRED_WAIT_SECONDS = 10
WAIT_POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Counter:
    """What the API works with; made once, in wiring."""

    intake: Intake
    reading: Reading
    complaints: ComplaintList
    dates: PromisedDates
    tasks: Tasks
    worklist: Worklist
    hashes: IdentifierHashes
    saved: SavedFilters
    remedies: Remedies
    letters: IncidentLetters
    signals: Signals
    most_grouped: int
    desk: EvidenceDesk
    catalogue: Catalogue
    calls: CallMaker
    kinds: Mapping[str, EvidenceKind]
    unattached_hours: int
    cursor_key: bytes
    now: Callable[[], datetime]


@dataclass(frozen=True)
class Visit:
    counter: Counter
    request: Request
    caller: Caller
    asked_language: str | None

    @property
    def language(self) -> str:
        """The language of labels: the one asked for, or English."""
        return self.asked_language or nearest_language("")

    async def change(self, body: object, command: Callable[[Call], Answer]) -> Response:
        """Carry out a command and answer with the complaint as it left it."""
        return await self.answer(await self.carry_out(body, command))

    async def change_if_match(self, body: object, command: Callable[[Call], Answer]) -> Response:
        """Carry out a decision that needs to know which version was seen."""
        require_if_match(self.request)
        return await self.change(body, command)

    async def carry_out(self, body: object, command: Callable[[Call], Answer]) -> Receipt:
        call = self.counter.calls.call(self.request, self.caller, body)
        return await self.counter.calls.carry_out(call, lambda: command(call))

    async def answer(self, receipt: Receipt, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
        """Answer with what the receipt stands for: a repeat answers the same."""
        sight = await run_in_threadpool(
            self.counter.reading.at_receipt, receipt.stream_id, receipt.version, receipt.revision, self.caller
        )
        replayed = {"Idempotent-Replayed": "true"} if receipt.replayed else {}
        return self.show(sight, at=sight.seen_at, status=status, headers={**(headers or {}), **replayed})

    def show(self, sight: Sight, *, at: datetime, status: int = 200, headers: dict[str, str] | None = None) -> Response:
        shown = self.counter.reading.render(sight, self.caller, self.language, at=at)
        mine = shown.model_copy(update={"allowed_actions": self._within_scopes(shown.allowed_actions)})
        return self.json(mine, status=status, headers={"ETag": sight.etag, **(headers or {})})

    def _within_scopes(self, commands: tuple[str, ...]) -> tuple[str, ...]:
        scopes: Mapping[str, tuple[Scope, ...]] = self.request.app.state.command_scopes
        return tuple(command for command in commands if self.caller.principal.may(*scopes[command]))

    def json(self, answer: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
        languages = {"Content-Language": self.language, "Vary": "Accept-Language"}
        return Response(answer.model_dump_json(), status, {**languages, **(headers or {})}, "application/json")

    async def write(self, step: Step) -> None:
        """Write a row that no event tells of; a repeat writes the same."""
        decision = Decision(NOBODY, 0, steps=(step,))
        await asyncio.wrap_future(self.counter.intake.execute(Command(decide=lambda: decision)))

    async def read(self, question: Callable[..., T], *asked: Any) -> T:
        """Ask the store, off the event loop."""
        return await run_in_threadpool(question, *asked)

    def money(self, body: MoneyBody | None) -> Money | None:
        """Read an amount; raises InvalidError for an asset or a digit that the tenant does not deal in."""
        if body is None:
            return None
        return money_of(self.counter.intake.tenants[self.caller.principal.tenant], body.amount, body.currency)

    def remedies(self, bodies: Sequence[RemedyBody]) -> tuple[Remedy, ...]:
        return tuple(
            Remedy(
                remedy_id=uuid4(),
                kind=body.kind,
                due_on=body.due_on,
                amount=self.money(body.amount),
                unconditional=body.unconditional,
            )
            for body in bodies
        )

    async def again(self) -> "Visit":
        """The same visit, of a caller who became a party meanwhile."""
        parties = self.counter.intake.parties
        caller = await run_in_threadpool(identify, self.caller.principal, self.caller.wallet_user_id, parties)
        return replace(self, caller=caller)

    async def wait_for_promises(self, receipt: Receipt, body: object) -> Receipt:
        """Wait as long as the caller prefers, and remember for a repeat which dates were shown."""
        header = PREFERRED_WAIT.search(self.request.headers.get("Prefer", ""))
        if header is None or receipt.replayed:
            return receipt
        seconds = min(int(header[1]), LONGEST_PREFERRED_WAIT_SECONDS)
        deadline = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < deadline:
            promises = await self.read(self.counter.dates.newest, receipt.stream_id)
            if promises.ready:
                return await self._remember(replace(receipt, revision=promises.revision), body)
            await asyncio.sleep(WAIT_POLL_SECONDS)
        return receipt

    async def _remember(self, receipt: Receipt, body: object) -> Receipt:
        key = self.counter.calls.call(self.request, self.caller, body).key
        if key:
            await asyncio.wrap_future(self.counter.intake.remember_revision(key, receipt.revision))
        return receipt


def nearest_language(tag: str) -> str:
    """Choose between the languages of the labels."""
    return "zh-CN" if tag.strip().lower().startswith("zh") else "en"


def _asked_language(accept_language: str | None) -> str | None:
    """The first language asked for that labels are in; the caller's order counts, not its weights."""
    wanted = (accept_language or "").split(",")
    return next((nearest_language(tag) for tag in wanted if tag.strip().lower()[:2] in {"zh", "en"}), None)


async def _anybody(
    request: Request,
    principal: bearer.Caller,
    on_behalf_of: Annotated[
        str | None,
        Header(alias="Recourse-On-Behalf-Of", description="The wallet user an app acts for", max_length=200),
    ] = None,
    accept_language: Annotated[str | None, Header(description="zh-CN or en: the language of labels")] = None,
) -> Visit:
    counter: Counter = request.app.state.counter
    if principal.tenant not in counter.intake.tenants:
        raise TenantUnknownError
    parties = counter.intake.parties
    caller = await run_in_threadpool(identify, principal, on_behalf_of, parties)
    return Visit(counter, request, caller, _asked_language(accept_language))


@dataclass(frozen=True)
class Permit:
    """Lets in a caller who has one of these scopes; `of_user` asks an app to name whom it acts for."""

    scopes: tuple[Scope, ...]
    of_user: bool

    async def __call__(self, anybody: Annotated[Visit, Depends(_anybody)]) -> Visit:
        anybody.caller.require(*self.scopes)
        if self.of_user:
            anybody.caller.require_user()
        return anybody


def visit(*scopes: Scope, of_user: bool = True) -> Any:
    return Depends(Permit(scopes, of_user))
