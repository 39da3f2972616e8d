"""Who is calling: tenant, actor and scopes, all of them from the token."""

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """`service` is a trusted client such as a ledger, `internal` another process of this installation."""

    SUBMIT = "submit"
    READ = "read"
    HANDLE = "handle"
    SUPERVISE = "supervise"
    AUDIT = "audit"
    ADMIN = "admin"
    SERVICE = "service"
    INTERNAL = "internal"


class CallerType(StrEnum):
    """`service` is a client such as a wallet's backend; `complainant` an end user with a token of their own."""

    COMPLAINANT = "complainant"
    HANDLER = "handler"
    SUPERVISOR = "supervisor"
    SERVICE = "service"


STAFF = frozenset({CallerType.HANDLER, CallerType.SUPERVISOR})


@dataclass(frozen=True)
class Principal:
    """`subject` is a staff id, a client id, or the wallet user id of an end user."""

    tenant: str
    type: CallerType
    subject: str
    scopes: frozenset[Scope]

    def may(self, *scopes: Scope) -> bool:
        """Tell whether the caller has one of these scopes."""
        return bool(self.scopes.intersection(scopes))
