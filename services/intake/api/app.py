"""The HTTP application of intake."""

from collections.abc import Iterable, Mapping

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from services.intake.api import (
    complaints,
    conversing,
    deciding,
    evidence,
    incidents,
    openapi,
    problems,
    protecting,
    questions,
    queues,
    redressing,
    referring,
    remedies,
    saved_filters,
    signals,
    story,
    taking,
    tasks,
)
from services.intake.api.routes import Problem
from services.intake.api.visits import Counter, Permit
from shared.access.principals import Scope
from shared.access.tokens import TokenVerifier
from shared.web import problems as web_problems
from shared.web.body_limit import BodyLimit

DESCRIPTION = """
File complaints about a digital wallet, follow them, and read their history.

Every request carries a bearer token; tenant, actor and scopes come from it alone. An app names the wallet user it
acts for in `Recourse-On-Behalf-Of`. Every POST carries an `Idempotency-Key`: repeat it with the same key and body and
you get the first answer again. Errors are RFC 9457 problems with a stable `code`.
"""


COMMANDS = (
    conversing.router,
    deciding.router,
    taking.router,
    protecting.router,
    redressing.router,
    referring.router,
)


def make_app(counter: Counter, verifier: TokenVerifier, *, body_max_bytes: int) -> FastAPI:
    app = FastAPI(title="Recourse", version="1", description=DESCRIPTION, redoc_url=None)
    app.add_middleware(BodyLimit, max_bytes=body_max_bytes, larger={"/v1/evidence": evidence.LARGEST_UPLOAD_BYTES})
    app.state.counter = counter
    app.state.verifier = verifier
    app.state.command_scopes = _command_scopes(COMMANDS)
    of_incidents = (incidents.router, signals.router)
    asked = (story.router, evidence.router, questions.router, remedies.router, referring.questions, *of_incidents)
    for router in (queues.router, tasks.router, saved_filters.router, complaints.router, *COMMANDS, *asked):
        app.include_router(router, prefix="/v1")
    web_problems.install(app, problems.STATUS)
    openapi.describe(app, Problem)
    return app


def _command_scopes(routers: Iterable[APIRouter]) -> Mapping[str, tuple[Scope, ...]]:
    """Which scopes each command asks for, read from its route: the allowed actions never name what that refuses."""
    routes = [route for router in routers for route in router.routes if isinstance(route, APIRoute)]
    return {
        route.path.rpartition("/")[2]: dependency.call.scopes
        for route in routes
        for dependency in route.dependant.dependencies
        if isinstance(dependency.call, Permit)
    }
