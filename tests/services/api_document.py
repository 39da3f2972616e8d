"""The OpenAPI document as a test asks it: which operations there are, and whether an answer is as promised."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
from jsonschema import Draft202012Validator, FormatChecker

from tests.network import NO_CERTIFICATES


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    content: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.content["operationId"])


class Document:
    def __init__(self, content: dict[str, Any]) -> None:
        self.content = content

    @classmethod
    def of(cls, url: str) -> "Document":
        return cls(httpx.get(f"{url}/openapi.json", verify=NO_CERTIFICATES).json())

    def operations(self) -> Iterator[Operation]:
        for path, methods in self.content["paths"].items():
            for method, content in methods.items():
                yield Operation(method, path, content)

    def operation(self, name: str) -> Operation:
        return next(operation for operation in self.operations() if operation.name == name)

    def check_value(self, schema: dict[str, Any], value: object) -> None:
        """Raises jsonschema.ValidationError."""
        whole = {**schema, "components": self.content["components"]}
        Draft202012Validator(whole, format_checker=FormatChecker()).validate(value)

    def check_answer(self, name: str, response: httpx.Response) -> None:
        """The status, the media type and the body are among those that the operation declares."""
        declared = self.operation(name).content["responses"]
        assert str(response.status_code) in declared, f"{name} does not declare {response.status_code}"
        content = declared[str(response.status_code)]["content"]
        media_type = response.headers["Content-Type"]
        assert media_type in content, f"{name} answers {response.status_code} with {media_type}"
        self.check_value(content[media_type]["schema"], response.json())
