"""`python -m bench.memory --minutes 10`: what each process holds while complaints come in and the broker goes away.

Two fifths of the time everything works, one fifth the broker is stopped, and then it works again.
"""

import argparse
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.distributed.fleet import Fleet, running_fleet
from tests.distributed.submitting import Submitters
from tests.kafka_broker import jvm_broker
from tests.kafka_logs import own_prefix
from tests.postgres import serving

SUBMITTERS = 4
PAUSE_SECONDS = 0.2
MEGABYTE = 1024
"""/proc counts kilobytes."""

Sample = Mapping[str, float]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--minutes", type=float, default=2.0)
    seconds = 60 * arguments.parse_args().minutes
    with tempfile.TemporaryDirectory() as there, tempfile.TemporaryDirectory() as kafka, serving() as postgres:
        broker = jvm_broker(Path(kafka))
        broker.start()
        try:
            with running_fleet(Path(there), postgres.database(), broker.bootstrap, own_prefix()) as fleet:
                samples = {"start": sample(fleet)}
                submitters = Submitters(fleet.api, SUBMITTERS, PAUSE_SECONDS)
                submitters.start()
                time.sleep(seconds * 2 / 5)
                samples["before"] = sample(fleet)
                broker.stop()
                time.sleep(seconds / 5)
                samples["away"] = sample(fleet)
                broker.launch()
                time.sleep(seconds / 5)
                samples["after"] = sample(fleet)
                time.sleep(seconds / 5)
                submitters.stop()
                samples["end"] = sample(fleet)
                print(f"MB resident, {len(submitters.accepted)} complaints in {seconds / 60:.0f} minutes")
                print(table(samples), flush=True)
        finally:
            broker.stop()


def sample(fleet: Fleet) -> Sample:
    """The resident memory of each process in megabytes."""
    found = {}
    for part in fleet.parts:
        assert part.process is not None
        status = Path(f"/proc/{part.process.pid}/status").read_text(encoding="utf-8")
        (held,) = (line for line in status.splitlines() if line.startswith("VmRSS:"))
        found[part.log.stem] = int(held.split()[1]) / MEGABYTE
    return found


def table(samples: Mapping[str, Sample]) -> str:
    names: Sequence[str] = sorted(samples["start"])
    lines = [f"{'':24}" + "".join(f"{when:>8}" for when in samples)]
    lines += [f"{name:24}" + "".join(f"{each[name]:8.0f}" for each in samples.values()) for name in names]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
