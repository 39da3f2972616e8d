"""The HTTP application of intake."""

from fastapi import FastAPI

from services.intake.api import complaints, conversing, deciding, evidence, openapi, problems, protecting, questions
from services.intake.api.routes import Problem
from services.intake.api.visits import Counter
from shared.access.tokens import TokenVerifier
from shared.web import problems as web_problems

DESCRIPTION = """
File complaints about a digital wallet, follow them, and read their history.

Every request carries a bearer token; tenant, actor and scopes come from it alone. An app names the wallet user it
acts for in `Recourse-On-Behalf-Of`. Every POST carries an `Idempotency-Key`: repeat it with the same key and body and
you get the first answer again. Errors are RFC 9457 problems with a stable `code`.
"""


def make_app(counter: Counter, verifier: TokenVerifier, *, body_max_bytes: int) -> FastAPI:
    app = FastAPI(title="Recourse", version="1", description=DESCRIPTION, redoc_url=None, max_body_size=body_max_bytes)
    app.state.counter = counter
    app.state.verifier = verifier
    for pages in (complaints, conversing, deciding, protecting, evidence, questions):
        app.include_router(pages.router, prefix="/v1")
    web_problems.install(app, problems.STATUS)
    openapi.describe(app, Problem)
    return app
