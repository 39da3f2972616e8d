"""How many are too many: by what the same hours of earlier weeks held, never below the floor."""

import math
from datetime import timedelta
from uuid import uuid5

import pytest

from services.intake.domain.signals import Rise, raise_signal, threshold
from tests import builders as a

RISE = Rise(
    tenant="default",
    category="topup.not_credited",
    from_at=a.NOW - timedelta(hours=1),
    to_at=a.NOW,
    counted=14,
    threshold=12,
    baseline=(3, 2, 4, 3),
    complaint_ids=(a.COMPLAINT_ID,),
)


@pytest.mark.parametrize(
    ("baseline", "expected"),
    [((), 2), ((0, 0, 0, 0), 2), ((1,), 7), ((3, 2, 4, 3), 12), ((10, 10), 25), ((100, 100, 100, 100), 140)],
)
def test_the_threshold_is_the_smallest_count_that_chance_reaches_less_often_than_once_in_ten_thousand(
    baseline: tuple[int, ...], expected: int
) -> None:
    """The quantiles of the Poisson distribution, as its tables give them."""
    assert threshold(baseline, floor=2, surprise=0.0001) == expected


@pytest.mark.parametrize("mean", [1, 3, 40, 400])
@pytest.mark.parametrize("surprise", [0.1, 0.001, 0.000001])
def test_the_threshold_splits_the_tail_at_the_surprise(mean: int, surprise: float) -> None:
    found = threshold((mean,), floor=2, surprise=surprise)

    def tail(count: int) -> float:
        return 1 - sum(math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(count))

    assert tail(found) < surprise <= tail(found - 1)


def test_the_floor_decides_where_the_past_is_quiet() -> None:
    assert threshold((0, 1, 0, 0), floor=10, surprise=0.0001) == 10


def test_a_signal_is_the_fact_of_a_rise_and_the_same_for_the_same_cause() -> None:
    cause = uuid5(a.NAMES, "event")
    signal = raise_signal(RISE, cause=cause, correlation_id=a.REQUEST)
    assert signal == raise_signal(RISE, cause=cause, correlation_id=a.REQUEST)
    assert signal.originator_id != raise_signal(RISE, cause=a.CLOCK, correlation_id=a.REQUEST).originator_id
    assert {name: getattr(signal, name) for name in vars(RISE)} == vars(RISE)
    assert (signal.causation_id, signal.timestamp, signal.originator_version) == (cause, RISE.to_at, 1)
    assert (signal.actor.id, signal.imported) == ("recourse", False)
