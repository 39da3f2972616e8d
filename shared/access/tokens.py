"""Bearer tokens: JWTs signed with ES256 (RFC 7515, RFC 7518), verified against a set of public keys."""

import json
import os
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from shared.access.principals import CallerType, Principal, Scope

ALGORITHM = "ES256"
ISSUER = "recourse"
AUDIENCE = "recourse"


class InvalidTokenError(Exception):
    """The bearer token is missing, forged, expired or not for this system; ask for a new one."""

    code = "invalid-token"


class TokenVerifier:
    """`keys_file` is a JWK Set (RFC 7517) of public keys; read once."""

    def __init__(self, keys_file: Path, now: Callable[[], datetime]) -> None:
        self._keys = KeySet.import_key_set(json.loads(keys_file.read_text(encoding="utf-8")))
        self._now = now

    def verify(self, token: str) -> Principal:
        """Return whom the token names; raises InvalidTokenError."""
        try:
            claims = jwt.decode(token, self._keys, algorithms=[ALGORITHM]).claims
            registry = jwt.JWTClaimsRegistry(
                now=int(self._now().timestamp()),
                iss={"essential": True, "value": ISSUER},
                aud={"essential": True, "value": AUDIENCE},
                exp={"essential": True},
                sub={"essential": True},
            )
            registry.validate(claims)
            return _principal(claims)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise InvalidTokenError(f"the bearer token is refused: {error}") from error


class TokenSigner:
    """`key_file` is a private JWK; for development and for issuing by hand."""

    def __init__(self, key_file: Path, now: Callable[[], datetime]) -> None:
        self._key = ECKey.import_key(json.loads(key_file.read_text(encoding="utf-8")))
        self._now = now

    def sign(self, principal: Principal, valid_for: timedelta) -> str:
        now = self._now()
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": principal.subject,
            "tenant": principal.tenant,
            "actor_type": principal.type.value,
            "scope": " ".join(sorted(principal.scopes)),
            "iat": int(now.timestamp()),
            "exp": int((now + valid_for).timestamp()),
            "jti": secrets.token_urlsafe(12),
        }
        return jwt.encode({"alg": ALGORITHM, "kid": self._key.kid}, claims, self._key)


def make_keys(private_file: Path, public_file: Path) -> None:
    """Make a key pair; where the public file is there, the private one is too."""
    key = ECKey.generate_key("P-256", auto_kid=True)
    write_secret(private_file, json.dumps(key.as_dict(private=True)))
    write_secret(public_file, json.dumps({"keys": [key.as_dict(private=False)]}))


def write_secret(file: Path, text: str) -> None:
    """Write a file whole or not at all, readable by its owner only."""
    partial = file.with_suffix(".partial")
    partial.touch(mode=0o600)
    with partial.open("w", encoding="utf-8") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(opened.fileno())
    partial.rename(file)


def _principal(claims: dict[str, Any]) -> Principal:
    scopes = frozenset(Scope(scope) for scope in str(claims["scope"]).split())
    return Principal(str(claims["tenant"]), CallerType(claims["actor_type"]), str(claims["sub"]), scopes)
