"""`make kafka`: the broker of the tests, to try things on."""

import signal
import sys
import threading

from tests.kafka_broker import ROOT, JvmBroker


def main() -> int:
    """Run a broker on 127.0.0.1:9092 until Ctrl-C or SIGTERM; its records stay in .kafka/data."""
    broker = JvmBroker(ROOT / ".kafka" / "data", 9092, 9093)
    broker.start()
    print(f"Kafka on {broker.bootstrap}, Ctrl-C stops it", flush=True)  # noqa: T201 - for people
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    over.wait()
    broker.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
