"""`make chaos`: complaints come in while a random process is killed every few seconds; then everything is counted."""

import argparse
import math
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from shared.contracts.topics import ALL_TOPICS
from tests.distributed.counting import Counted, Counting, misses
from tests.distributed.fleet import Fleet, running_fleet
from tests.distributed.submitting import Submitters, submit
from tests.kafka_broker import some_broker
from tests.kafka_logs import kafka_log, own_prefix
from tests.network import answers
from tests.postgres import serving
from tests.waiting import wait_until

SUBMITTERS = 8
MOST_SHOWN = 20
UNTIL_ALL_IS_MISSED_SECONDS = 180.0
QUIET_SECONDS = 120.0
MISSED_CLOCKS = 2
"""Nobody answers: the first answer and the result are missed, each with all that follows."""


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--complaints", type=int, default=10_000)
    arguments.add_argument("--every", type=float, default=5.0, help="seconds between kills")
    arguments.add_argument("--minutes", type=float, default=math.inf, help="count what there is by then")
    chosen = arguments.parse_args()
    with _installed() as (fleet, counting):
        like = _undisturbed(fleet, counting.counted)
        begun = time.monotonic()
        submitters, kills = _under_fire(fleet, chosen.complaints, chosen.every, begun + chosen.minutes * 60)
        took = time.monotonic() - begun
        fleet.wait_until_ready()
        accepted = [complaint["id"] for complaint in submitters.accepted]
        _wait_for_rest(counting.counted, accepted, like)
        found = list(misses(counting.counted, accepted, like))
    _say(_report(counting.counted, accepted, like, found))
    _say(f"{kills} kills in {took:.0f} s, {len(accepted) / took:.1f} accepted/s")
    return 1 if found else 0


@contextmanager
def _installed() -> Iterator[tuple[Fleet, Counting]]:
    prefix = own_prefix()
    with (
        tempfile.TemporaryDirectory() as directory,
        serving() as postgres,
        some_broker() as kafka,
        running_fleet(Path(directory), postgres.database(), kafka, prefix) as fleet,
        closing(kafka_log(kafka, prefix, ALL_TOPICS)) as log,
        Counting(log) as counting,
    ):
        yield fleet, counting


def _undisturbed(fleet: Fleet, counted: Counted) -> Counter[str]:
    """What comes of a complaint while nobody is killed."""
    complaint = submit(fleet.api)

    def is_missed() -> bool:
        effects = counted.effects(complaint["id"])
        return effects["clock-missed"] == effects["staff-escalated sent"] == MISSED_CLOCKS

    wait_until(
        is_missed,
        seconds=UNTIL_ALL_IS_MISSED_SECONDS,
        what="everything that comes of one complaint",
    )
    _wait_while_facts_come(counted, quiet_seconds=3.0)
    effects = counted.effects(complaint["id"])
    _say(f"of one complaint come: {', '.join(f'{count} {name}' for name, count in sorted(effects.items()))}")
    return effects


def _under_fire(fleet: Fleet, complaints: int, every_seconds: float, until: float) -> tuple[Submitters, int]:
    submitters, kills = Submitters(fleet.api, SUBMITTERS), 0
    submitters.start()
    while len(submitters.accepted) < complaints and submitters.are_submitting and time.monotonic() < until:
        time.sleep(every_seconds)
        if alive := [part for part in fleet.parts if answers(part.url)]:
            victim = random.choice(alive)  # noqa: S311 - which process, not a secret
            fleet.kill(victim)
            fleet.start(victim)
            kills += 1
            _say(f"{len(submitters.accepted)} accepted; killed {victim.service} {victim.name}")
    submitters.stop()
    return submitters, kills


def _wait_for_rest(counted: Counted, accepted: list[str], like: Counter[str]) -> None:
    """Wait until nothing is missing any more, or nothing comes any more."""
    facts, heard = -1, time.monotonic()
    while next(misses(counted, accepted, like), None) and time.monotonic() - heard < QUIET_SECONDS:
        if counted.facts != facts:
            facts, heard = counted.facts, time.monotonic()
        time.sleep(1)


def _wait_while_facts_come(counted: Counted, *, quiet_seconds: float) -> None:
    facts = -1
    while facts != counted.facts:
        facts = counted.facts
        time.sleep(quiet_seconds)


def _report(counted: Counted, accepted: list[str], like: Counter[str], found: list[str]) -> str:
    published = sum(1 for each in accepted if counted.effects(each))
    whole = sum(1 for each in accepted if counted.effects(each) == like)
    lines = {
        "accepted": len(accepted),
        "of these on the topics": published,
        "of these with exactly one set of effects": whole,
        "facts": counted.facts,
        "facts that came again, the same": counted.repeated,
        "facts out of order, or two of one version": len(counted.faults),
        "misses": len(found),
    }
    table = [f"{count:>10,}  {name}" for name, count in lines.items()]
    return "\n".join([*found[:MOST_SHOWN], *table])


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
