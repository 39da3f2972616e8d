"""How many due times the engine computes in a second, for every clock of every shipped policy, against numpy's."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import count
from time import perf_counter

import numpy as np

from services.escalation.application import preview
from services.escalation.domain.policy import Policy
from services.escalation.domain.situation import Matter
from services.escalation.domain.targets import Target, due
from services.escalation.policy_files import book_of, shelf

RECEIVED = datetime(2025, 9, 26, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SECONDS = 0.5


def line(scale: float) -> str:
    policies = book_of(shelf(), []).all()
    rates = [
        _rate(partial(_due, target, policy), SECONDS * scale)
        for policy in policies
        for rule in policy.clocks
        if (target := rule.target) is not None
    ]
    numpy = _rate(_numpy, SECONDS * scale)
    previews = _rate(partial(_preview, policies), SECONDS * scale)
    return (
        f"due times {min(rates):,.0f} to {max(rates):,.0f}/s, {sum(rates) / len(rates) / numpy:.1f} times numpy's"
        f" one business day; whole previews of {len(policies)} policies {previews:,.0f}/s"
    )


def _rate(act: Callable[[datetime], object], seconds: float) -> float:
    begun = perf_counter()
    for done in count(1):
        act(RECEIVED + done * MINUTE)
        if (took := perf_counter() - begun) > seconds:
            return done / took
    raise AssertionError("counting never ends")


def _due(target: Target, policy: Policy, received_at: datetime) -> object:
    return due(target, received_at, policy.calendar)


def _numpy(received_at: datetime) -> date:
    found: date = np.busday_offset(received_at.date(), 15, roll="forward").astype(date)
    return found


def _preview(policies: list[Policy], received_at: datetime) -> object:
    matter = Matter(received_at=received_at, channel="app", jurisdiction="CN", regulated_service="payment")
    return preview(policies, matter, now=received_at)
