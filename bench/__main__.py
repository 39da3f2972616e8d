"""`make bench`: one line each, with a ratio against something that ran beside it in the same process."""

import argparse
import logging
from collections.abc import Callable, Mapping

from bench import clocks, consuming, counting, flowing, publishing, queueing, reading, relay, ticking, writing
from bench.stores import STORES
from shared.runtime.process import leave_out_of_collections

BENCHES: Mapping[str, Callable[[float], str]] = {
    "writing": writing.line,
    "flowing": flowing.line,
    "consuming": consuming.line,
    "publishing": publishing.line,
    "reading": reading.line,
    "counting": counting.line,
    "ticking": ticking.line,
    "clocks": clocks.line,
    "queueing": queueing.line,
    "relay": relay.line,
}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("names", nargs="*", choices=[[], *BENCHES], help="all of them without one")
    arguments.add_argument("--scale", type=float, default=1.0, help="how much of the work to do")
    arguments.add_argument("--stores", choices=STORES, default="sqlite", help="what it stands on")
    chosen = arguments.parse_args()
    logging.basicConfig(level=logging.ERROR)
    logging.getLogger("kafka").setLevel(logging.CRITICAL)  # it tells of every try while a broker starts
    leave_out_of_collections()
    for name in chosen.names or BENCHES:
        with STORES[chosen.stores]():
            print(f"{name}: {BENCHES[name](chosen.scale)}", flush=True)


if __name__ == "__main__":
    main()
