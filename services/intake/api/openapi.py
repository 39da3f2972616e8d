"""What the generated OpenAPI document needs beside the routes: headers, problems, an example for every route."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from services.intake.api.examples import ANSWERS, BODIES
from services.intake.api.routes import PROBLEM_CONTENT, problems

IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "New for each new request; a repeat with the same key and body gets the first answer again",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "example": "6f1c2f8e-0c1d-4d0e-9c8b-0d2f7a1e5b3c",
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "description": "The ETag of the complaint you saw; compared by version",
    "schema": {"type": "string"},
    "example": '"7-3"',
}
QUESTIONS = ("preview_letter", "preview_policies", "search_complaints")
"""Asked by POST, because what is asked is long or personal; they change nothing."""
KNOWN_BY_THEMSELVES = ("report_message",)
"""What they say carries its own id and time: a repeat is known without a key."""
PREFER = {
    "name": "Prefer",
    "in": "header",
    "required": False,
    "description": "wait=N: wait up to N seconds for the promised dates",
    "schema": {"type": "string"},
    "example": "wait=2",
}


def describe(app: FastAPI, problem: type[BaseModel]) -> None:
    """Make `app.openapi` generate the whole document, once."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            generated = get_openapi(
                title=app.title, version=app.version, description=app.description, routes=app.routes
            )
            app.openapi_schema = _complete(generated, problem)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # as FastAPI documents it


def _complete(document: dict[str, Any], problem: type[BaseModel]) -> dict[str, Any]:
    schemas = document["components"]["schemas"]
    schema = problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= schema.pop("$defs", {}) | {"Problem": schema}
    for ours_are_problems in ("HTTPValidationError", "ValidationError"):
        schemas.pop(ours_are_problems, None)
    document["servers"] = [{"url": "/"}]
    document["security"] = [{"HTTPBearer": []}]
    for path in document["paths"].values():
        for method, operation in path.items():
            _complete_operation(operation, is_post=method == "post")
    return document


def _complete_operation(operation: dict[str, Any], *, is_post: bool) -> None:
    name = operation["operationId"]
    needs_match = operation.pop("x-if-match", None)
    parameters = operation.setdefault("parameters", [])
    if is_post and name not in (*QUESTIONS, *KNOWN_BY_THEMSELVES):
        parameters.append(IDEMPOTENCY_KEY)
    if needs_match is not None:
        parameters.append({**IF_MATCH, "required": needs_match})
    if name == "submit_complaint":
        parameters.append(PREFER)
    if name in BODIES:
        operation["requestBody"]["content"]["application/json"]["example"] = BODIES[name]
    responses = operation["responses"]
    responses |= {str(status): response for status, response in problems().items()}
    for status, response in responses.items():
        if status >= "400":
            response["content"] = PROBLEM_CONTENT
        if status.startswith("2") and name in ANSWERS:
            response["content"]["application/json"]["example"] = ANSWERS[name]
