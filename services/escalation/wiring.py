"""The composition root of escalation: a backend and intake's answers in; roles and routes out."""

from dataclasses import dataclass

from fastapi import APIRouter

from services.escalation.api import clocks, policies, preview
from services.escalation.api.desk import PolicyDesk
from services.escalation.application import Escalation
from services.escalation.deadlines import Ticker
from services.escalation.heartbeat import HEARTBEAT, Heartbeat
from services.escalation.known_facts import KNOWN_FACTS
from services.escalation.pinned_files import PINNED_FILES, PinnedFiles
from services.escalation.policy_files import book_of, shelf
from services.escalation.publishing import messages
from services.escalation.reactions import reactions
from services.escalation.views.due_board import DUE_BOARD, DueBoard
from services.escalation.views.due_clocks import DUE_CLAIMS, DUE_CLOCKS, DueClocks
from shared.contracts.complaint_versions import ComplaintVersions
from shared.contracts.topics import COMPLAINT_EVENTS
from shared.runtime.backends import Backend
from shared.runtime.process import Role
from shared.runtime.roles import MILLISECOND, SCHEMAS, consumer_role, relay_role, writer_role

TABLES = (*SCHEMAS, KNOWN_FACTS, PINNED_FILES, DUE_CLOCKS, DUE_BOARD, HEARTBEAT, DUE_CLAIMS)


@dataclass(frozen=True)
class EscalationService:
    application: Escalation
    due_clocks: DueClocks
    heartbeat: Heartbeat
    ticker: Ticker
    router: APIRouter
    policy_desk: PolicyDesk
    roles: tuple[Role, ...]


def wire(backend: Backend, versions: ComplaintVersions) -> EscalationService:
    store = backend.store("escalation")
    store.prepare(*TABLES)
    files = shelf(backend.settings.policies_dir)
    pins, due_clocks, board = PinnedFiles(store, files), DueClocks(store), DueBoard(store)
    pins.require_unchanged()
    book = book_of(files, backend.tenants.values(), pins.shelf())
    escalation = Escalation(store, book, pins, board, projections=(due_clocks,))
    heartbeat = Heartbeat(store, backend.clock, backend.steady)
    ticker = Ticker(
        escalation,
        due_clocks,
        versions,
        heartbeat,
        holder=backend.process_id,
        poll_seconds=backend.settings.ticker_poll_ms * MILLISECOND,
        fires_per_second=backend.settings.ticker_fires_per_second,
        steady=backend.steady,
    )
    return EscalationService(
        application=escalation,
        due_clocks=due_clocks,
        heartbeat=heartbeat,
        ticker=ticker,
        router=_routes(),
        policy_desk=PolicyDesk(escalation, heartbeat, dict(backend.tenants), backend.clock),
        roles=(
            writer_role(escalation),
            relay_role(escalation, backend, messages),
            consumer_role(escalation, backend, reactions(escalation), name="reactions", topics=(COMPLAINT_EVENTS,)),
            Role("escalation-ticker", ticker.run, is_well=lambda: ticker.is_well),
        ),
    )


def _routes() -> APIRouter:
    routes = APIRouter()
    for part in (policies, preview, clocks):
        routes.include_router(part.router)
    return routes
