"""The API as a wallet app, an end user, a handler or a trusted service sees it, over real HTTP."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

import httpx

from shared.access.principals import CallerType, Principal, Scope
from tests.network import NO_CERTIFICATES

Sign = Callable[[Principal], str]

ROLES = {
    "handler": (CallerType.HANDLER, {Scope.HANDLE, Scope.READ}),
    "supervisor": (CallerType.SUPERVISOR, {Scope.HANDLE, Scope.SUPERVISE, Scope.READ}),
    "administrator": (CallerType.SUPERVISOR, {Scope.SUPERVISE, Scope.ADMIN, Scope.READ}),
    "auditor": (CallerType.SUPERVISOR, {Scope.AUDIT, Scope.READ}),
    "service": (CallerType.SERVICE, {Scope.SERVICE, Scope.READ}),
}


@dataclass(frozen=True)
class Client:
    """One caller: immutable, so that a test can make many from one."""

    url: str
    sign: Sign
    token: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def as_app(self, wallet_user: str | None, *, tenant: str = "default", client: str = "wallet-app") -> "Client":
        principal = Principal(tenant, CallerType.SERVICE, client, frozenset({Scope.SUBMIT, Scope.READ}))
        headers = {} if wallet_user is None else {"Recourse-On-Behalf-Of": wallet_user}
        return replace(self, token=self.sign(principal), headers=headers)

    def as_user(self, wallet_user: str, *, tenant: str = "default") -> "Client":
        """An end user with a token of their own."""
        scopes = frozenset({Scope.SUBMIT, Scope.READ})
        return replace(self, token=self.sign(Principal(tenant, CallerType.COMPLAINANT, wallet_user, scopes)))

    def as_staff(self, role: str, name: str, *, tenant: str = "default") -> "Client":
        caller_type, scopes = ROLES[role]
        return replace(self, token=self.sign(Principal(tenant, caller_type, name, frozenset(scopes))), headers={})

    def as_handler(self, name: str = "anna") -> "Client":
        return self.as_staff("handler", name)

    def as_supervisor(self, name: str = "sun") -> "Client":
        return self.as_staff("supervisor", name)

    def as_gateway(self, name: str) -> "Client":
        """A service that forwards what came by e-mail, in nobody's session."""
        return self.with_scopes(CallerType.SERVICE, name, Scope.SUBMIT, Scope.SERVICE)

    def with_scopes(self, caller_type: CallerType, name: str, *scopes: Scope, tenant: str = "default") -> "Client":
        return replace(self, token=self.sign(Principal(tenant, caller_type, name, frozenset(scopes))), headers={})

    def with_headers(self, **headers: str) -> "Client":
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **named})

    def request(self, method: str, path: str, *, key: str | None = "", **arguments: Any) -> httpx.Response:
        """Send one request; a POST gets a fresh Idempotency-Key unless `key` names one, or is None."""
        headers = {"Authorization": f"Bearer {self.token}", **self.headers, **arguments.pop("headers", {})}
        if method == "POST" and key is not None:
            headers.setdefault("Idempotency-Key", key or str(uuid4()))
        return httpx.request(
            method, f"{self.url}{path}", headers=headers, timeout=30, verify=NO_CERTIFICATES, **arguments
        )

    def get(self, path: str, **arguments: Any) -> httpx.Response:
        return self.request("GET", path, **arguments)

    def post(self, path: str, body: Any = None, **arguments: Any) -> httpx.Response:
        return self.request("POST", path, json=body if body is not None else {}, **arguments)

    def submit(self, body: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
        """Submit a complaint and wait for its promised dates."""
        sent = {"category": "topup.not_credited", "description": "充值 500 元未到账", **(body or {}), **changes}
        return answered(self.with_headers(Prefer="wait=5").post("/v1/complaints", sent), 201)

    def command(self, complaint: dict[str, Any], name: str, body: Any = None, **arguments: Any) -> dict[str, Any]:
        """Give a command and return the complaint as it left it."""
        return answered(self.post(f"/v1/complaints/{complaint['id']}/{name}", body, **arguments))

    def attempt(self, complaint: dict[str, Any], name: str, body: Any = None) -> httpx.Response:
        """Give a command that needs If-Match; where something came in between, read again and decide anew."""
        path = f"/v1/complaints/{complaint['id']}"
        while True:
            etag = self.get(path).headers["ETag"]
            response = self.post(f"{path}/{name}", body, headers={"If-Match": etag})
            if response.status_code != httpx.codes.PRECONDITION_FAILED:
                return response

    def decide(self, complaint: dict[str, Any], name: str, body: Any = None) -> dict[str, Any]:
        return answered(self.attempt(complaint, name, body))

    def read(self, complaint: dict[str, Any], **arguments: Any) -> dict[str, Any]:
        return answered(self.get(f"/v1/complaints/{complaint['id']}", **arguments))

    def history(self, complaint: dict[str, Any], **arguments: Any) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = answered(self.get(f"/v1/complaints/{complaint['id']}/history", **arguments))[
            "data"
        ]
        return entries

    def events(self, complaint: dict[str, Any]) -> list[str]:
        """The names of what happened, in order."""
        return [entry["type"].split(".")[2] for entry in self.history(complaint)]

    def upload(self, name: str, content: bytes, kind: str, **arguments: Any) -> httpx.Response:
        files = [("kind", (None, kind)), ("file", (name, content, "application/octet-stream"))]
        return self.request("POST", "/v1/evidence", files=files, **arguments)


def answered(response: httpx.Response, status: int = 200) -> dict[str, Any]:
    """The body of an answer that has the status it should have."""
    assert response.status_code == status, f"{response.status_code}: {response.text}"
    body: dict[str, Any] = response.json()
    return body


def refused(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem of a refusal: its status, its code, its media type."""
    assert (response.status_code, response.headers["Content-Type"]) == (status, "application/problem+json"), (
        response.text
    )
    body: dict[str, Any] = response.json()
    assert body["code"] == code, body
    assert body["status"] == status
    return body
