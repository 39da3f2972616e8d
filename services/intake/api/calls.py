"""From an HTTP request to a call: who speaks, for whom, under which key, expecting which version."""

import asyncio
import hashlib
import hmac
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from fastapi import Request
from pydantic import BaseModel

from services.intake.api import problems
from services.intake.api.fields import Spoken
from services.intake.changing import Call
from services.intake.conversing import Answer
from services.intake.domain.errors import NotPermittedError
from services.intake.domain.provenance import Actor, ActorType, Channel, Provenance
from services.intake.party_book import PartyBook
from shared.access.principals import STAFF, CallerType, Principal, Scope
from shared.contracts.canonical import canonical
from shared.contracts.message import Audience
from shared.eventstore.command import Receipt
from shared.eventstore.idempotency import CommandKey, IdempotencyKeyReusedError
from shared.web.problems import MalformedHeaderError, ScopeMissingError

IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,255}")
ETAG = re.compile(r'(?:W/)?"([0-9]{1,18})(?:-[0-9]{1,18})?"')
LONGEST_WAIT_FOR_FIRST_SECONDS = 5.0
NOBODY = UUID(int=0)


@dataclass(frozen=True)
class Caller:
    """Who calls: a principal and, for apps and end users, the wallet user in whose session it is."""

    principal: Principal
    wallet_user_id: str | None
    party_id: UUID | None

    @property
    def in_session(self) -> bool:
        return self.wallet_user_id is not None

    @property
    def audience(self) -> Audience:
        if self.in_session:
            return Audience.COMPLAINANT
        return Audience.RESTRICTED if self.principal.may(Scope.SUPERVISE, Scope.AUDIT) else Audience.HANDLER

    def require_user(self) -> None:
        """An app without the trusted scope sees complaints of the user whom it names, and no others."""
        is_app = self.principal.type == CallerType.SERVICE and not self.principal.may(Scope.SERVICE)
        if is_app and not self.in_session:
            raise problems.OnBehalfOfMissingError

    def require(self, *scopes: Scope) -> None:
        if not self.principal.may(*scopes):
            raise ScopeMissingError(f"this needs one of the scopes {', '.join(scopes)}")


def identify(principal: Principal, on_behalf_of: str | None, parties: PartyBook) -> Caller:
    """Find out in whose session a call is; staff is in nobody's."""
    user = principal.subject if principal.type == CallerType.COMPLAINANT else on_behalf_of
    if principal.type in STAFF or not user:
        return Caller(principal, None, None)
    return Caller(principal, user, parties.find(principal.tenant, user))


class CallMaker:
    """Makes calls for one installation: keyed digests, the clock, and the keys that are under way."""

    def __init__(self, *, key: bytes, parties: PartyBook, now: Callable[[], datetime]) -> None:
        self._key = key
        self._parties = parties
        self._now = now
        self._under_way: dict[str, tuple[str, asyncio.Future[None]]] = {}

    def call(self, request: Request, caller: Caller, body: object) -> Call:
        """Raises CallError where a header is missing or cannot be read."""
        return Call(
            tenant=caller.principal.tenant,
            by=self._provenance(caller, body),
            owner=self.owner(caller),
            key=self.key(request, caller, _plain(body)),
            if_match=if_match(request),
        )

    def owner(self, caller: Caller) -> str:
        """Under whom uploads are kept until they are attached."""
        principal = caller.principal
        if caller.wallet_user_id is not None:
            return "user:" + self._parties.digest(principal.tenant, caller.wallet_user_id)
        return "staff" if principal.type in STAFF else f"service:{principal.subject}"

    def _provenance(self, caller: Caller, body: object) -> Provenance:
        principal = caller.principal
        spoken = body if isinstance(body, Spoken) else Spoken()
        if (spoken.on_behalf_of or spoken.occurred_at) and principal.type not in STAFF:
            raise NotPermittedError("on_behalf_of and occurred_at are for handlers who write down somebody's words")
        now = self._now()
        if spoken.occurred_at and spoken.occurred_at > now:
            raise problems.OccurredInFutureError
        return Provenance(
            actor=_actor(caller),
            at=spoken.occurred_at or now,
            channel=spoken.channel or (Channel.APP if caller.in_session else Channel.INTERNAL),
            correlation_id=uuid4(),
            on_behalf_of=_speaks_for(caller, spoken),
        )

    def key(self, request: Request, caller: Caller, body: Any) -> CommandKey:
        """Digest who sent which key where, and the canonical body; neither is ever stored in clear."""
        key = require_key(request)
        principal = caller.principal
        scope = json.dumps([principal.tenant, principal.subject, request.method, request.url.path, key])
        sent = canonical({"body": body, "for": caller.wallet_user_id, "query": request.url.query})
        return CommandKey(self._digest(scope.encode()), self._digest(sent))

    def _digest(self, text: bytes) -> str:
        return hmac.digest(self._key, text, hashlib.sha256).hex()

    async def carry_out(self, call: Call, command: Callable[[], Answer]) -> Receipt:
        """Carry out a command; a second one with the same key waits for the first, up to 5 s."""
        if call.key is None:
            return await asyncio.wrap_future(command())
        await self._wait_for_first(call.key)
        finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._under_way[call.key.digest] = (call.key.body_digest, finished)
        try:
            return await asyncio.wrap_future(command())
        finally:
            del self._under_way[call.key.digest]
            finished.set_result(None)

    async def _wait_for_first(self, key: CommandKey) -> None:
        deadline = asyncio.get_running_loop().time() + LONGEST_WAIT_FOR_FIRST_SECONDS
        while first := self._under_way.get(key.digest):
            body_digest, finished = first
            if body_digest != key.body_digest:
                raise IdempotencyKeyReusedError
            try:
                async with asyncio.timeout_at(deadline):
                    await asyncio.shield(finished)
            except TimeoutError as error:
                raise problems.IdempotencyKeyInUseError from error


def require_key(request: Request) -> str:
    key = request.headers.get("Idempotency-Key", "")
    if not IDEMPOTENCY_KEY.fullmatch(key):
        raise problems.IdempotencyKeyMissingError
    return key


def if_match(request: Request) -> int | None:
    """The version that the caller saw; the promises revision of the ETag does not matter."""
    header = request.headers.get("If-Match")
    if header is None or header == "*":
        return None
    found = ETAG.fullmatch(header.strip())
    if found is None:
        raise MalformedHeaderError('If-Match is an ETag of this API, such as "7-3"')
    return int(found[1])


def require_if_match(request: Request) -> None:
    if request.headers.get("If-Match") is None:
        raise problems.IfMatchRequiredError


def _actor(caller: Caller) -> Actor:
    principal = caller.principal
    if principal.type == CallerType.COMPLAINANT:
        return Actor(ActorType.COMPLAINANT, str(caller.party_id or NOBODY))
    return Actor(ActorType(principal.type), principal.subject)


def _speaks_for(caller: Caller, spoken: Spoken) -> UUID | None:
    if caller.principal.type == CallerType.SERVICE and caller.in_session:
        return caller.party_id or NOBODY
    return spoken.on_behalf_of


def _plain(body: object) -> Any:
    return body.model_dump(mode="json", exclude_unset=True) if isinstance(body, BaseModel) else body
