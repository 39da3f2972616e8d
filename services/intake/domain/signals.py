"""When more complaints come than the past lets expect: the threshold, and the fact that it was reached.

The threshold is the smallest count that a Poisson variable with the mean of comparable periods reaches with a
probability below `surprise`: the comparison of a period with the same one of earlier years that public health uses
to find outbreaks (Stroup et al., Statistics in Medicine 8, 1989; Farrington et al., Journal of the Royal Statistical
Society A 159, 1996), with the same hours of earlier weeks.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from eventsourcing.domain import DomainEvent

from services.intake.domain.provenance import Actor, Channel
from services.intake.domain.stream import RECOURSE


@dataclass(frozen=True)
class SignalRaised(DomainEvent):
    TOPIC = "signal.raised"
    tenant: str
    actor: Actor
    on_behalf_of: UUID | None
    channel: Channel
    causation_id: UUID | None
    correlation_id: UUID
    imported: bool
    category: str
    from_at: datetime
    to_at: datetime
    counted: int
    threshold: int
    baseline: tuple[int, ...]
    complaint_ids: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class Rise:
    """A count over its threshold, and the submission that reached it."""

    tenant: str
    category: str
    from_at: datetime
    to_at: datetime
    counted: int
    threshold: int
    baseline: tuple[int, ...]
    complaint_ids: tuple[UUID, ...]


def threshold(baseline: Sequence[int], *, floor: int, surprise: float) -> int:
    """The smallest count that is too many, never below `floor`; without a past the floor alone decides."""
    mean = sum(baseline) / len(baseline) if baseline else 0.0
    count, below = 0, 0.0
    while mean and 1.0 - below >= surprise:
        below += math.exp(count * math.log(mean) - mean - math.lgamma(count + 1))
        count += 1
    return max(count, floor)


def raise_signal(rise: Rise, *, cause: UUID, correlation_id: UUID) -> SignalRaised:
    """The same cause raises the same signal."""
    return SignalRaised(
        originator_id=uuid5(cause, f"signal:{rise.category}"),
        originator_version=1,
        timestamp=rise.to_at,
        actor=RECOURSE,
        on_behalf_of=None,
        channel=Channel.INTERNAL,
        causation_id=cause,
        correlation_id=correlation_id,
        imported=False,
        **vars(rise),
    )
