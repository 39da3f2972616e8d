"""The shipped packs, and a complaint that one of them applies to."""

from collections.abc import Mapping
from typing import Any

from services.escalation.domain.policy import Policy
from services.escalation.policy_files import book_of, shelf
from tests.domain.escalation_facts import classified, submitted
from tests.domain.escalation_following import Watched
from tests.escalation_builders import at

PACKS: Mapping[str, Policy] = {policy.name: policy for policy in book_of(shelf(), []).all()}
FRIDAY = "2025-09-26T10:00"


def taken(policy: Policy, classification: Mapping[str, Any], when: str = FRIDAY) -> Watched:
    """A complaint that such a policy applies to, received at a local time."""
    received_at = at(when).replace(tzinfo=policy.calendar.zone)
    applies = policy.applies
    matter = {
        "jurisdiction": min(applies.jurisdictions, default="CN"),
        "regulated_service": max(applies.regulated_services, default="payment"),
        "category": min(applies.categories, default="topup.not_credited"),
    }
    watched = Watched(policy)
    watched.hears(submitted(received_at, channel=min(applies.channels, default="app")), received_at)
    watched.hears(classified(**{**matter, **classification}), received_at)
    return watched
