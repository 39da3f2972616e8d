"""`make chaos`: complaints come in while a random process is killed every few seconds; then everything is counted."""

import argparse
import random
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from shared.contracts.topics import ALL_TOPICS
from tests.distributed.fleet import running_fleet
from tests.distributed.submitting import Submitters
from tests.faults.accounts import require_all_told
from tests.kafka_broker import some_broker
from tests.kafka_logs import kafka_log, own_prefix
from tests.postgres import serving

SUBMITTERS = 8


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--complaints", type=int, default=10_000)
    arguments.add_argument("--every", type=float, default=5.0, help="seconds between kills")
    chosen = arguments.parse_args()
    prefix, kills, begun = own_prefix(), 0, time.monotonic()
    with (
        tempfile.TemporaryDirectory() as directory,
        serving() as postgres,
        some_broker() as kafka,
        running_fleet(Path(directory), postgres.database(), kafka, prefix) as fleet,
    ):
        submitters = Submitters(fleet.api, SUBMITTERS)
        submitters.start()
        while len(submitters.accepted) < chosen.complaints:
            time.sleep(chosen.every)
            victim = random.choice(fleet.parts)  # noqa: S311 - which process, not a secret
            fleet.kill(victim)
            fleet.start(victim)
            kills += 1
            sys.stdout.write(f"{len(submitters.accepted)} accepted; killed {victim.service} {victim.name}\n")
        submitters.stop()
        fleet.wait_until_ready()
        with closing(kafka_log(kafka, prefix, ALL_TOPICS)) as log:
            require_all_told(fleet.api, log, submitters.accepted)
    seconds = time.monotonic() - begun
    sys.stdout.write(
        f"{len(submitters.accepted)} accepted, each on its topic in order and acknowledged once, "
        f"after {kills} kills in {seconds:.0f} s\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
