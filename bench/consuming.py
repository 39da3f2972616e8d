"""How many facts a second a consumer with effects applies, beside a reader of the same topic that does nothing.

Escalation is the consumer: what it makes of each fact commits with the place it has come to. All facts are on their
topic before the clock starts. `--stores kafka` reads them from Kafka and applies them on PostgreSQL.
"""

from bench.house import House, house, seconds
from shared.contracts.topics import COMPLAINT_EVENTS
from tests.waiting import wait_until

COMPLAINTS = 1_000
AT_ONCE = 500
LONGEST_SECONDS = 300.0


def line(scale: float) -> str:
    with house() as here:
        with here.running("intake-writer", "intake-relay"):
            for _ in range(max(int(COMPLAINTS * scale) // AT_ONCE, 1)):
                here.submit_at_once(AT_ONCE)
            wait_until(lambda: _is_published(here), seconds=LONGEST_SECONDS)
        read: list[object] = []
        alone = seconds(lambda: read.extend(here.backend.log.read((COMPLAINT_EVENTS,))))
        with here.running("escalation-reactions", "escalation-writer"):
            applying = seconds(lambda: wait_until(lambda: has_read_all(here), seconds=LONGEST_SECONDS))
    rate, bare = len(read) / applying, len(read) / alone
    return f"{rate:,.0f} facts a second applied, {bare:,.0f} only read: {100 * rate / bare:.1f} % of it"


def _is_published(here: House) -> bool:
    recorded = here.intake.recorder.max_notification_id()
    with here.intake.store.read() as reader:
        published = reader.execute("SELECT position FROM intake_relay")[0]["position"]
    return bool(published == recorded)


def has_read_all(here: House) -> bool:
    """Escalation has committed the end of every partition."""
    log = here.backend.log
    committed = log.committed("escalation")
    ends = {at: end for at, end in log.ends().items() if at.topic == COMPLAINT_EVENTS and end}
    return all(committed.get(at) == end for at, end in ends.items())
