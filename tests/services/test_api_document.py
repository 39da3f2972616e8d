"""The OpenAPI document: valid, and complete enough to write a client from it alone."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import validate

from services.intake.api.examples import ANSWERS, BODIES
from services.intake.api.openapi import KNOWN_BY_THEMSELVES, QUESTIONS
from tests.client import Client
from tests.conftest import Running
from tests.services.api_document import Document, Operation

JSON = "application/json"
PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
OF_EVERY_OPERATION = {"400", "401", "403", "422", "503"}


@pytest.fixture(scope="module")
def document(house: Running) -> Document:
    return Document.of(house.url)


def responses(document: Document) -> Iterator[tuple[Operation, str, dict[str, Any]]]:
    for operation in document.operations():
        for status, response in operation.content["responses"].items():
            yield operation, status, response


def test_the_document_is_openapi(document: Document) -> None:
    validate(document.content)


def test_every_operation_has_a_name_of_its_own(document: Document) -> None:
    names = Counter(operation.name for operation in document.operations())
    assert {name for name, count in names.items() if count > 1} == set()
    assert names.keys() - ANSWERS.keys() == {"get_evidence_content", "report_message"}


@pytest.mark.parametrize("said", ["summary", "tags", "operationId"])
def test_every_operation_says_what_it_is(document: Document, said: str) -> None:
    assert [operation.path for operation in document.operations() if not operation.content.get(said)] == []


def test_no_two_operations_are_summed_up_alike(document: Document) -> None:
    summaries = Counter(operation.content["summary"] for operation in document.operations())
    assert {summary for summary, count in summaries.items() if count > 1} == set()


def test_every_operation_needs_a_token_of_a_declared_kind(document: Document) -> None:
    schemes = document.content["components"]["securitySchemes"]
    everywhere = document.content["security"]
    for operation in document.operations():
        needed = operation.content.get("security", everywhere)
        assert [set(each) <= set(schemes) for each in needed] == [True], operation.name
        assert needed[0], operation.name


def test_a_provider_is_told_how_to_sign_what_it_reports(document: Document) -> None:
    operation = document.operation("report_message").content
    (security,) = operation["security"]
    (scheme,) = (document.content["components"]["securitySchemes"][each] for each in security)
    headers = {each["name"] for each in operation["parameters"] if each["in"] == "header" and each["required"]}
    assert {scheme["name"], *headers} == {"webhook-signature", "webhook-id", "webhook-timestamp"}
    assert {"204", "401", "404", "409", "413", "422"} <= operation["responses"].keys()
    assert operation["requestBody"]["content"][JSON]["schema"]["properties"]["type"]["enum"] == [
        *("message.delivered", "message.bounced", "message.complained")
    ]


def test_every_response_is_described(document: Document) -> None:
    assert [
        (operation.name, status) for operation, status, each in responses(document) if not each["description"]
    ] == []


def test_every_body_has_an_example_that_is_valid(document: Document) -> None:
    examined = set()
    for operation in document.operations():
        content = operation.content.get("requestBody", {}).get("content", {}).get(JSON)
        if content:
            document.check_value(content["schema"], content["example"])
            examined.add(operation.name)
    assert examined == {*BODIES, "report_message"}


def test_every_answer_has_an_example_that_is_valid(document: Document) -> None:
    examined = set()
    for operation, status, response in responses(document):
        if status.startswith("2") and JSON in response.get("content", {}):
            document.check_value(response["content"][JSON]["schema"], response["content"][JSON]["example"])
            examined.add(operation.name)
    assert examined == set(ANSWERS)


def test_every_error_is_a_problem(document: Document) -> None:
    for operation, status, response in responses(document):
        if status >= "400":
            assert (operation.name, status, response["content"]) == (operation.name, status, PROBLEM)


def test_every_operation_may_be_refused_for_what_any_is_refused_for(document: Document) -> None:
    for operation in document.operations():
        assert OF_EVERY_OPERATION - set(operation.content["responses"]) == set(), operation.name


def test_every_change_asks_for_an_idempotency_key(document: Document) -> None:
    for operation in document.operations():
        headers = {each["name"]: each["required"] for each in operation.content["parameters"] if each["in"] == "header"}
        changes = operation.method == "post" and operation.name not in (*QUESTIONS, *KNOWN_BY_THEMSELVES)
        assert headers.get("Idempotency-Key", False) is changes, operation.name


def test_no_schema_is_left_over(document: Document) -> None:
    text = str(document.content)
    unused = [
        name for name in document.content["components"]["schemas"] if f"'#/components/schemas/{name}'" not in text
    ]
    assert unused == []


@pytest.mark.parametrize("path", ["/docs", "/openapi.json"])
def test_the_document_can_be_read_without_a_token(house: Running, path: str) -> None:
    answer = Client(house.url, house.sign).request("GET", path, headers={"Authorization": ""})
    assert answer.status_code == 200
