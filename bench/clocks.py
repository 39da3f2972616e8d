"""How fast the engine counts, and what an idle tick costs: `make bench-clocks CLOCKS=300000`.

Run on an otherwise idle machine; the data lie in a directory of their own and are thrown away.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4, uuid5

from services.embedded import Embedded, compose
from services.escalation.application import preview
from services.escalation.domain.policy import Policy
from services.escalation.domain.situation import Matter
from services.escalation.domain.targets import due
from services.escalation.policy_files import book_of, shelf
from shared.runtime.backends import Backend, development_settings
from shared.runtime.settings import Settings

RECEIVED = datetime(2025, 9, 26, 2, tzinfo=UTC)
BATCH = 5_000


def rate(what: str, act: Callable[[int], object], *, seconds: float = 2.0) -> None:
    """Print how often something can be done in a second."""
    begun, count = time.perf_counter(), 0
    while (took := time.perf_counter() - begun) < seconds:
        act(count)
        count += 1
    print(f"{what:<58} {count / took:>12,.0f} / s")


def engine() -> None:
    policies = {policy.name: policy for policy in book_of(shelf(), []).all()}
    for policy in policies.values():
        for rule in policy.clocks:
            if rule.target is not None and rule.starts == "received":
                target = rule.target
                rate(
                    f"due: {policy.name} {rule.id}",
                    lambda n, policy=policy, target=target: due(
                        target, RECEIVED + n * timedelta(minutes=1), policy.calendar
                    ),
                    seconds=0.3,
                )
    chosen: list[Policy] = [policies["seed-default"], policies["cn-pbc-2020-5"]]
    matter = Matter(received_at=RECEIVED, channel="app", jurisdiction="CN", regulated_service="payment")
    rate("choose, start and draw the timeline of two policies", lambda _: preview(chosen, matter, now=RECEIVED))


def fill(embedded: Embedded, clocks: int) -> None:
    """Put open clocks, all due in a year, into the view that the ticker asks."""
    store = embedded.escalation.application.store
    for first in range(0, clocks, BATCH):
        with store.write() as transaction:
            for number in range(first, min(first + BATCH, clocks)):
                transaction.execute(
                    "INSERT INTO escalation_due_clocks VALUES (:id, :complaint, :at, :at)", _row(number)
                )


def _row(number: int) -> dict[str, object]:
    at = datetime.now(UTC) + timedelta(days=365, seconds=number)
    return {"id": str(uuid5(UUID(int=0), str(number))), "complaint": str(uuid4()), "at": at}


def idle_ticks(clocks: Iterator[int]) -> None:
    for count in clocks:
        with tempfile.TemporaryDirectory() as directory:
            settings = development_settings(Settings(data_dir=Path(directory)))
            embedded = compose(Backend(settings), serve=False)
            fill(embedded, count)
            rate(f"idle ticks with {count:,} open clocks", lambda _, e=embedded: e.escalation.ticker.tick())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clocks", type=int, default=300_000)
    most = parser.parse_args().clocks
    engine()
    idle_ticks(count for count in (0, most // 100, most // 10, most))


if __name__ == "__main__":
    main()
