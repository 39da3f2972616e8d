"""Whatever is sent, as the document allows or against it: a documented answer, a problem with a code, never a fault."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import APIOperation, Case, CheckContext, Config, GenerationMode, Response
from schemathesis.specs.openapi.checks import positive_data_acceptance

from services.intake.api import incident_examples, queue_examples
from services.intake.api.examples import ANSWERS
from services.problems_page import problems_page
from shared.access.principals import CallerType, Scope
from tests.client import Client, answered
from tests.conftest import Running
from tests.services.api_document import Document
from tests.services.api_scene import SITUATIONS, UPLOADERS, Body, Scene, signal
from tests.services.test_api_commands import PLACES

Operation = APIOperation[Any, Any, Any, Any]
Request = Case[Any]

OPERATIONS = (*ANSWERS, "get_evidence_content", "report_message")
ONLY_REFUSED = ("upload_evidence", "report_message")
"""No generated file is a picture, and nobody signs what is generated."""
NOTHING_TO_GET_WRONG = ("list_categories", "list_reasons", "list_policies", "get_policy")
"""They take nothing, or any text."""
OF_STAFF = {
    *("list_tasks", "read_outbox", "due_board", "list_remedies", "total_remedies", "preview_letter"),
    *queue_examples.ANSWERS,
    *incident_examples.ANSWERS,
}
EXAMPLES = 12
CODES = frozenset(re.findall(r"^\| \d+ \| `([a-z-]+)`", problems_page(), re.MULTILINE))
KNOWN_WORDS = re.compile("category|reason|root_cause|language|template(_version)?|.*_ids?")
"""Fields in which the document allows any code or id; only those of the example lead further."""
EXAMPLE_OF: Mapping[str, Body] = {
    "search_complaints": {"category": ["other"]},
    "save_filter": {},
    "change_filter": {},
    "open_incident": {},
    "group_complaints": {},
    "answer_incident": {},
    "close_incident": {},
    "preview_letter": {"language": "en", "template": None, "template_version": None},
}
OFTEN_REFUSED = ("occurred_at", "received_at", "on_behalf_of", "follows", "about_handling_of")


@dataclass
class Fuzzed:
    """One operation, in a situation that allows it, and who asks; `statuses` are the answers so far."""

    operation: Operation
    scene: Scene
    caller: Client
    ids: Mapping[str, str]
    example: Body
    statuses: set[int] = field(default_factory=set)

    def ask(self, case: Request, **headers: str) -> None:
        headers = {"Authorization": f"Bearer {self.caller.token}", **self.caller.headers, **headers}
        response = case.call(base_url=self.scene.running.url, headers=headers)
        self.statuses.add(response.status_code)
        case.validate_response(
            response, headers=headers, additional_checks=[is_known_problem], excluded_checks=[positive_data_acceptance]
        )

    def with_known_words(self, body: Body) -> Body:
        """Generated values where any will do, the example's where a code or an id must be known."""
        known = {name: value for name, value in self.example.items() if KNOWN_WORDS.fullmatch(name)}
        return {name: value for name, value in {**body, **known}.items() if name not in OFTEN_REFUSED}


def is_known_problem(_context: CheckContext, response: Response, _case: Request) -> None:
    """Every refusal is a problem whose code stands on the page of problems."""
    if response.status_code >= 400:
        assert response.headers["content-type"] == ["application/problem+json"]
        problem = response.json()
        assert (problem["status"], problem["code"] in CODES) == (response.status_code, True), problem


@pytest.fixture
def fuzz(house: Running) -> Callable[[str], Fuzzed]:
    config = Config.from_dict({"generation": {"with-security-parameters": False}})
    schema = schemathesis.openapi.from_url(f"{house.url}/openapi.json", config=config)

    def begin(name: str) -> Fuzzed:
        command = name.replace("_", "-")
        situation, who = PLACES.get(command, ("acknowledged", "app"))
        scene = SITUATIONS[situation](Scene(house))
        operation = schema.find_operation_by_id(name)
        example = scene.example(command, who) if command in PLACES else EXAMPLE_OF.get(name, {"category": "other"})
        return Fuzzed(operation, scene, caller(scene, name, who), ids(scene, operation, who), example)

    return begin


def caller(scene: Scene, name: str, who: str) -> Client:
    """The app or user whom the operation is for, or staff."""
    if who in {"app", "own"} and name not in OF_STAFF:
        return scene.people[who]
    return everything(scene.running)


def everything(running: Running) -> Client:
    """Somebody of staff with every scope."""
    return Client(running.url, running.sign).with_scopes(CallerType.SUPERVISOR, "sun", *Scope)


def ids(scene: Scene, operation: Operation, who: str) -> Mapping[str, str]:
    """What the path names, of what is there."""
    there = {"complaint_id": scene.complaint["id"], "name": "seed-default", "queue": "open"}
    if "{incident_id}" in operation.path:
        there["incident_id"] = incident(scene)
    if "{signal_id}" in operation.path:
        there["signal_id"] = signal(scene)
    if "{evidence_id}" in operation.path:
        there["evidence_id"] = scene.upload(who if who in UPLOADERS else "anna")
    if "{filter_id}" in operation.path:
        saved = everything(scene.running).post("/v1/saved-filters", {"name": "open", "filter": {"open": True}})
        there["filter_id"] = saved.json()["id"]
    return {name: value for name, value in there.items() if f"{{{name}}}" in operation.path}


def incident(scene: Scene) -> str:
    """An incident that has somebody to answer."""
    sun = scene.sun
    opened: str = answered(sun.post("/v1/incidents", {"name": "fuzzed"}), 201)["id"]
    answered(sun.post(f"/v1/incidents/{opened}/group", {"filter": {"received_from": scene.complaint["received_at"]}}))
    return opened


repeatable = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("name", OPERATIONS)
def test_what_the_document_allows_is_answered_as_it_says(fuzz: Callable[[str], Fuzzed], name: str) -> None:
    fuzzed = fuzz(name)

    @repeatable
    @given(fuzzed.operation.as_strategy(GenerationMode.POSITIVE, path_parameters=dict(fuzzed.ids)))
    def ask(case: Request) -> None:
        if isinstance(case.body, dict) and name != "upload_evidence":
            case.body = fuzzed.with_known_words(case.body)
        fuzzed.ask(case, **{"Idempotency-Key": str(uuid4()), "If-Match": "*"})

    ask()
    assert fuzzed.statuses & {200, 201} or name in ONLY_REFUSED


@pytest.mark.parametrize("name", [name for name in OPERATIONS if name not in NOTHING_TO_GET_WRONG])
def test_what_the_document_forbids_is_refused_as_it_says(
    house: Running, fuzz: Callable[[str], Fuzzed], name: str
) -> None:
    """Staff asks, so that no header of a session stands where a wrong one was put."""
    fuzzed = replace(fuzz(name), caller=everything(house))

    @repeatable
    @given(fuzzed.operation.as_strategy(GenerationMode.NEGATIVE))
    def ask(case: Request) -> None:
        fuzzed.ask(case)

    ask()
    assert max(fuzzed.statuses) >= 400


def test_every_operation_is_fuzzed(house: Running) -> None:
    assert {operation.name for operation in Document.of(house.url).operations()} == set(OPERATIONS)
