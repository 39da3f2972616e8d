"""All services in one process: each wired by itself, joined by the topic log and two questions to intake."""

from dataclasses import dataclass

from fastapi import FastAPI

from services.escalation import wiring as escalation_wiring
from services.escalation.wiring import EscalationService
from services.intake import wiring as intake_wiring
from services.intake.wiring import IntakeService
from services.letter_rules import letter_rules
from services.notifier import wiring as notifier_wiring
from services.notifier.wiring import NotifierService
from shared.eventstore.moving import require_whole
from shared.runtime.backends import Backend
from shared.runtime.http import add_health, api_role
from shared.runtime.process import Process


@dataclass(frozen=True)
class Embedded:
    intake: IntakeService
    escalation: EscalationService
    notifier: NotifierService
    api: FastAPI
    process: Process


def compose(backend: Backend, *, serve: bool = True) -> Embedded:
    """Wire everything; without `serve` the routes are there and no port is opened."""
    intake = intake_wiring.wire(backend)
    escalation = escalation_wiring.wire(backend, intake.application)
    notifier = notifier_wiring.wire(backend, intake.contact_book, letter_rules(backend))
    for service in (intake, escalation, notifier) if serve else ():
        require_whole(service.application.store)
    if serve:
        intake.erasures.require_repeated()
        intake.arrivals.begin()
    api = _api(intake, escalation, notifier)
    settings = backend.settings
    doors = [api_role(api, host=settings.host, port=settings.port)] if serve else []
    process = Process(
        [*doors, *intake.roles, *escalation.roles, *notifier.roles],
        drain_seconds=settings.drain_seconds,
        closers=[
            intake.application.close,
            escalation.application.close,
            notifier.application.close,
            backend.log.close,
        ],
    )
    probes = backend.probes(intake.application.store, escalation.application.store, notifier.application.store)
    add_health(api, lambda: {**process.health(), **{name: ask() for name, ask in probes.items()}}, can_wait={"log"})
    return Embedded(intake, escalation, notifier, api, process)


def _api(intake: IntakeService, escalation: EscalationService, notifier: NotifierService) -> FastAPI:
    api = intake.api
    api.state.policy_desk = escalation.policy_desk
    api.state.outbox_desk = notifier.outbox_desk
    api.state.drafts = notifier.drafts
    api.state.callback_desk = notifier.callback_desk
    api.include_router(escalation.router, prefix="/v1")
    api.include_router(notifier.router, prefix="/v1")
    return api
