"""What the routes of escalation work with, and who may ask."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from fastapi import Request

from services.escalation.application import Escalation
from services.escalation.heartbeat import Heartbeat
from shared.access.principals import Principal, Scope
from shared.contracts.tenant import Tenant
from shared.web.problems import ScopeMissingError, TenantUnknownError

READERS = (Scope.READ, Scope.SUBMIT, Scope.HANDLE, Scope.SUPERVISE, Scope.AUDIT)


@dataclass(frozen=True)
class PolicyDesk:
    """What these routes work with; made once, in wiring."""

    escalation: Escalation
    heartbeat: Heartbeat
    tenants: dict[str, Tenant]
    now: Callable[[], datetime]


def desk_of(request: Request, caller: Principal) -> PolicyDesk:
    desk: PolicyDesk = request.app.state.policy_desk
    if not caller.may(*READERS):
        raise ScopeMissingError
    if caller.tenant not in desk.tenants:
        raise TenantUnknownError
    return desk
