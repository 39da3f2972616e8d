"""The bearer token of a request, as a FastAPI dependency."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from shared.access.principals import Principal
from shared.access.tokens import InvalidTokenError, TokenVerifier

BEARER = HTTPBearer(auto_error=False, bearerFormat="JWT", description="A JWT signed for this installation")


def principal(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]
) -> Principal:
    """Return whom the token names; raises InvalidTokenError. The verifier is the application's."""
    if credentials is None:
        raise InvalidTokenError("send a header Authorization: Bearer TOKEN")
    verifier: TokenVerifier = request.app.state.verifier
    return verifier.verify(credentials.credentials)


Caller = Annotated[Principal, Depends(principal)]
