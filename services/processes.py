"""Each service as processes of its own: which roles a process runs, and what it asks intake over HTTP."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from fastapi import APIRouter, FastAPI

from services.escalation import wiring as escalation_wiring
from services.intake import wiring as intake_wiring
from services.intake.api.internal import add_internal
from services.letter_rules import letter_rules
from services.notifier import wiring as notifier_wiring
from services.replaying import require_shown
from shared.eventstore.application import EventSourced
from shared.eventstore.moving import require_whole
from shared.runtime.backends import Backend, ConfigurationError
from shared.runtime.http import add_health, api_role
from shared.runtime.process import Process, Role
from shared.web import problems
from shared.web.body_limit import BodyLimit
from shared.web.intake_client import IntakeClient

PARTS: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "intake": {
            "api": ("writer",),
            "relay": ("relay",),
            "commands": ("writer", "commands", "assigning"),
            "views": ("writer", "views"),
            "housekeeping": ("housekeeping",),
            "incidents": ("writer", "answering", "signalling"),
        },
        "escalation": {
            "api": (),
            "relay": ("relay",),
            "reactions": ("writer", "reactions"),
            "ticker": ("writer", "ticker"),
        },
        "notifier": {
            "api": ("writer",),
            "relay": ("relay",),
            "reactions": ("writer", "reactions"),
            "sender": ("writer", "sender"),
        },
    }
)
"""Of each service its processes, and of each process the roles that it runs."""


STANDS_ON: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "intake api": ("store",),
        "intake housekeeping": ("store",),
        "escalation api": ("store",),
        "escalation ticker": ("store", "intake"),
        "notifier api": ("store", "intake"),
        "notifier sender": ("store", "intake"),
    }
)
"""What a process needs to be ready; all others need store and log."""


def compose_part(backend: Backend, service: str, part: str) -> Process:
    """Wire one process; every one serves its health, those called `api` the routes of their service too."""
    wired = {"intake": _intake, "escalation": _escalation, "notifier": _notifier}[service](backend)
    require_whole(wired.application.store)
    require_shown(wired.application.store)
    served = wired.api if part == "api" else FastAPI(title=f"{service} {part}", openapi_url=None)
    settings = backend.settings
    process = Process(
        [api_role(served, host=settings.host, port=settings.port), *_chosen(wired.roles, service, part)],
        drain_seconds=settings.drain_seconds,
        closers=[wired.application.close, backend.log.close],
    )
    probes = {**backend.probes(wired.application.store), "intake": wired.intake_answers}
    asked = STANDS_ON.get(f"{service} {part}", ("store", "log"))
    add_health(served, lambda: {**process.health(), **{name: probes[name]() for name in asked}})
    return process


def _chosen(roles: Sequence[Role], service: str, part: str) -> list[Role]:
    wanted = tuple(f"{service}-{role}" for role in PARTS[service][part])
    return [role for role in roles if role.name.startswith(wanted)]


class Wired(NamedTuple):
    application: EventSourced
    roles: Sequence[Role]
    api: FastAPI
    intake_answers: Callable[[], bool]


def _intake(backend: Backend) -> Wired:
    service = intake_wiring.wire(backend)
    service.erasures.require_repeated()
    service.arrivals.begin()
    add_internal(service.api, service.application, service.contact_book)
    return Wired(service.application, service.roles, service.api, lambda: True)


def _escalation(backend: Backend) -> Wired:
    intake = _intake_client(backend)
    service = escalation_wiring.wire(backend, intake)
    api = _api(backend, service.router)
    api.state.policy_desk = service.policy_desk
    return Wired(service.application, service.roles, api, intake.answers)


def _notifier(backend: Backend) -> Wired:
    intake = _intake_client(backend)
    service = notifier_wiring.wire(backend, intake, letter_rules(backend))
    api = _api(backend, service.router)
    api.state.outbox_desk = service.outbox_desk
    api.state.drafts = service.drafts
    api.state.callback_desk = service.callback_desk
    return Wired(service.application, service.roles, api, intake.answers)


def _api(backend: Backend, router: APIRouter) -> FastAPI:
    api = FastAPI(title="Recourse", version="1", redoc_url=None)
    api.state.verifier = backend.verifier
    api.add_middleware(BodyLimit, max_bytes=backend.settings.request_body_max_bytes, larger={})
    api.include_router(router, prefix="/v1")
    problems.install(api, {})
    return api


def _intake_client(backend: Backend) -> IntakeClient:
    url, token_file = backend.settings.intake_url, backend.settings.internal_token_file
    if not url or token_file is None:
        raise ConfigurationError("RECOURSE_INTAKE_URL and RECOURSE_INTERNAL_TOKEN_FILE say where and how to ask intake")
    return IntakeClient(url, token_file)
