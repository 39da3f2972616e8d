"""Who is let in: tokens that are ours, scopes that reach, the tenant they name, the user they speak for."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from shared.access.principals import CallerType, Principal, Scope
from shared.access.tokens import TokenSigner, make_keys
from tests.builders import NOW
from tests.client import Client, answered, refused
from tests.conftest import Running
from tests.services.api_document import Document
from tests.services.api_scene import MATTER, PNG, Scene
from tests.services.test_api_commands import PLACES

Claims = dict[str, Any]
PAGES = ("/v1/complaints", "/v1/tasks", "/v1/categories", "/v1/reasons", "/v1/policies", "/v1/outbox")


@pytest.fixture
def scene(house: Running) -> Scene:
    return Scene(house)


def paths(house: Running) -> Iterator[tuple[str, str]]:
    """Every method and path of the document but those for who signs what it sends, with ids that nothing has."""
    for operation in Document.of(house.url).operations():
        if operation.content["security"] == [{"WebhookSignature": []}]:
            continue
        path = operation.path.replace("{complaint_id}", str(uuid4())).replace("{evidence_id}", str(uuid4()))
        yield operation.method.upper(), path.replace("{name}", "seed-default")


def with_header(scene: Scene, value: str | None) -> Client:
    headers = {} if value is None else {"Authorization": value}
    return replace(Client(scene.running.url, scene.running.sign), headers={**scene.app.headers, **headers})


def test_no_operation_lets_anybody_in_without_a_token(house: Running) -> None:
    client = Client(house.url, house.sign).with_headers(Authorization="")
    asked = list(paths(house))
    for method, path in asked:
        refused(client.request(method, path, json={}), 401, "invalid-token")
    assert len(asked) > 45


def test_who_has_no_token_is_told_how_to_bring_one(scene: Scene) -> None:
    answer = with_header(scene, "").get("/v1/complaints")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="recourse"'


@pytest.mark.parametrize("scheme", ["", "Basic ", "Token ", "Bearer"])
def test_a_token_comes_as_a_bearer_token(scene: Scene, scheme: str) -> None:
    client = with_header(scene, f"{scheme}{scene.app.token}")
    refused(client.get("/v1/complaints"), 401, "invalid-token")


def key_of(running: Running) -> ECKey:
    file = running.backend.settings.token_signing_key_file
    assert file is not None
    return ECKey.import_key(json.loads(file.read_text(encoding="utf-8")))


def signed(scene: Scene, *, key: ECKey | None = None, **changes: Any) -> Client:
    """The app's token with other claims; a claim that is None is left out."""
    key = key or key_of(scene.running)
    now = int(NOW.timestamp())
    claims: Claims = {
        "iss": "recourse",
        "aud": "recourse",
        "sub": "wallet-app",
        "tenant": "default",
        "actor_type": "service",
        "scope": "submit read",
        "iat": now,
        "exp": now + 3600,
        **changes,
    }
    kept = {name: value for name, value in claims.items() if value is not None}
    return with_header(scene, "Bearer " + jwt.encode({"alg": "ES256", "kid": key.kid}, kept, key))


def test_a_token_that_we_signed_is_taken(scene: Scene) -> None:
    answered(signed(scene).get("/v1/complaints"))


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "somebody"},
        {"iss": None},
        {"aud": "another-system"},
        {"aud": None},
        {"exp": None},
        {"exp": int(NOW.timestamp()) - 1},
        {"exp": "tomorrow"},
        {"nbf": int(NOW.timestamp()) + 3600},
        {"sub": None},
        {"tenant": None},
        {"actor_type": None},
        {"actor_type": "root"},
        {"scope": None},
        {"scope": "submit everything"},
    ],
    ids=str,
)
def test_a_token_with_a_wrong_claim_is_refused(scene: Scene, changes: Claims) -> None:
    refused(signed(scene, **changes).get("/v1/complaints"), 401, "invalid-token")


def test_a_token_lasts_until_it_expires(running: Running) -> None:
    scene = Scene(running)
    client = with_header(scene, "Bearer " + app_token(running.backend.signer))
    answered(client.get("/v1/categories"))
    running.clock.advance(hours=1, seconds=1)
    refused(client.get("/v1/categories"), 401, "invalid-token")


def app_token(signer: TokenSigner) -> str:
    principal = Principal("default", CallerType.SERVICE, "wallet-app", frozenset({Scope.READ}))
    return signer.sign(principal, timedelta(hours=1))


def test_a_token_signed_with_another_key_is_refused(scene: Scene, tmp_path: Path) -> None:
    make_keys(tmp_path / "private.jwk", tmp_path / "public.jwks")
    stranger = TokenSigner(tmp_path / "private.jwk", scene.running.clock)
    refused(with_header(scene, f"Bearer {app_token(stranger)}").get("/v1/categories"), 401, "invalid-token")


def test_a_key_that_borrows_our_name_opens_nothing(scene: Scene) -> None:
    theirs = ECKey.generate_key("P-256", {"kid": str(key_of(scene.running).kid)})
    refused(signed(scene, key=theirs).get("/v1/complaints"), 401, "invalid-token")


def test_a_token_signed_with_the_public_key_as_a_secret_is_refused(scene: Scene) -> None:
    header = base64url(b'{"alg": "HS256", "typ": "JWT"}')
    signed_part = f"{header}.{scene.app.token.split('.')[1]}"
    digest = hmac.digest(key_of(scene.running).as_pem(private=False), signed_part.encode(), hashlib.sha256)
    client = with_header(scene, f"Bearer {signed_part}.{base64url(digest)}")
    refused(client.get("/v1/complaints"), 401, "invalid-token")


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@pytest.mark.parametrize(
    "forge",
    [
        lambda token: token[:-2],
        lambda token: token.rpartition(".")[0] + ".",
        lambda token: token + "x" * 4,
        lambda token: "eyJhbGciOiJub25lIn0." + token.split(".")[1] + ".",
        lambda token: ".".join([token.split(".")[0], token.split(".")[1][::-1], token.split(".")[2]]),
        lambda _: "x",
        lambda _: "...",
    ],
    ids=["cut", "no signature", "longer", "alg none", "other claims", "no token", "dots"],
)
def test_a_forged_token_is_refused(scene: Scene, forge: Callable[[str], str]) -> None:
    client = with_header(scene, f"Bearer {forge(scene.app.token)}")
    refused(client.get("/v1/complaints"), 401, "invalid-token")


def test_a_refused_token_is_not_repeated_in_the_answer(scene: Scene) -> None:
    token = scene.app.token[:-2]
    assert token[:20] not in with_header(scene, f"Bearer {token}").get("/v1/complaints").text


@pytest.mark.parametrize("path", PAGES)
def test_a_token_without_a_scope_opens_nothing(scene: Scene, path: str) -> None:
    refused(scene.api.with_scopes(CallerType.HANDLER, "anna").get(path), 403, "scope-missing")


def test_every_command_is_kept_from_who_may_only_read(scene: Scene) -> None:
    scene.submit().running.settle()
    reader = scene.api.with_scopes(CallerType.SUPERVISOR, "otto", Scope.READ, Scope.AUDIT)
    before = scene.anna.history(scene.complaint)
    for command in PLACES:
        answer = reader.post(f"{scene.path}/{command}", scene.example(command), headers={"If-Match": "*"})
        refused(answer, 403, "scope-missing")
    refused(reader.post("/v1/complaints", MATTER), 403, "scope-missing")
    refused(reader.upload("x.png", PNG, "screenshot"), 403, "scope-missing")
    assert scene.anna.history(scene.complaint) == before


@pytest.mark.parametrize("path", PAGES)
def test_a_tenant_that_is_not_served_is_named_so(scene: Scene, path: str) -> None:
    foreign = scene.api.as_staff("supervisor", "sun", tenant="elsewhere")
    refused(foreign.get(path), 403, "tenant-unknown")


@pytest.mark.parametrize("path", ["/v1/complaints", "{complaint}", "{complaint}/history"])
@pytest.mark.parametrize("named", [None, ""])
def test_an_app_names_the_user_it_acts_for(scene: Scene, path: str, named: str | None) -> None:
    scene.submit()
    nobody = scene.api.as_app(named)
    refused(nobody.get(path.format(complaint=scene.path)), 400, "on-behalf-of-missing")
    refused(nobody.post("/v1/complaints", MATTER), 400, "on-behalf-of-missing")
    refused(nobody.upload("x.png", PNG, "screenshot"), 400, "on-behalf-of-missing")


def test_the_name_of_a_user_has_an_end(scene: Scene) -> None:
    answered(scene.api.as_app("u" * 200).get("/v1/complaints"))
    problem = refused(scene.api.as_app("u" * 201).get("/v1/complaints"), 422, "invalid-request")
    assert problem["errors"][0]["field"] == "Recourse-On-Behalf-Of"


def test_an_own_token_speaks_for_itself_whomever_it_names(scene: Scene) -> None:
    scene.submit()
    stranger = scene.api.as_user("a-stranger").with_headers(Recourse_On_Behalf_Of=scene.user)
    refused(stranger.get(scene.path), 404, "complaint-not-found")


def test_staff_is_in_nobodys_session_whomever_it_names(scene: Scene) -> None:
    scene.submit()
    named = scene.anna.with_headers(Recourse_On_Behalf_Of="a-stranger")
    assert answered(named.get(scene.path))["handling"] is not None
