"""Whether time may be believed: when the ticker last looked, and why it stopped firing, until a person resumes."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.eventstore.store import Schema, Store
from shared.runtime.clock import Clock, Steady

HEARTBEAT = Schema(
    "heartbeat",
    (
        """CREATE TABLE IF NOT EXISTS {app}_heartbeat (
            id INTEGER PRIMARY KEY, beat_at TIMESTAMPTZ NOT NULL, stopped_because TEXT)""",
    ),
)

FORWARD, BACK = timedelta(hours=1), timedelta(seconds=60)
WRITE_EVERY = timedelta(seconds=10)
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Reading:
    """The time on the wall, read between two readings of a clock that nobody sets, in seconds.

    A process may stand still between any two readings; how much time passed is known within bounds only.
    """

    at: datetime
    before: float
    after: float


class Heartbeat:
    """Tells a clock that was set from time that passed.

    While the process runs the steady clock says how much passed. Over a restart nobody can tell a clock that was set
    forward from an outage, and an outage fires; one that went back stops.
    """

    def __init__(self, store: Store, clock: Clock, steady: Steady) -> None:
        self._store = store
        self._clock = clock
        self._steady = steady
        self._table = f"{store.application}_heartbeat"
        self._last: Reading | None = None
        self._written: datetime | None = None

    def stopped_because(self) -> str | None:
        """Why nothing fires; None where clocks fire."""
        with self._store.read() as reader:
            rows = reader.execute(f"SELECT stopped_because FROM {self._table}")
        return rows[0]["stopped_because"] if rows else None

    def read(self) -> Reading:
        before = self._steady()
        return Reading(self._clock(), before, self._steady())

    def beat(self, reading: Reading) -> str | None:
        """Take a reading; return why it cannot be believed, which stays so until somebody resumes."""
        if stopped := self.stopped_because():
            self._last = None
            return stopped
        jumped = self._jumped(reading)
        self._last = reading
        if jumped or self._written is None or reading.at - self._written >= WRITE_EVERY:
            self._write(reading.at, jumped)
        return jumped

    def distrust(self, now: datetime, intakes_now: datetime) -> str | None:
        """Compare with intake's time, which decides; minutes apart are usual, an hour is not."""
        apart = intakes_now - now
        if abs(apart) <= FORWARD:
            return None
        because = f"intake's time is {intakes_now.isoformat()}, here it is {now.isoformat()}"
        self._write(now, because)
        return because

    def resume(self) -> None:
        """Believe whatever time the ticker reads next."""
        self._write(NEVER, None)

    def _jumped(self, reading: Reading) -> str | None:
        if self._last is None:
            return self._went_back_over_a_restart(reading.at)
        least = self._last.at + timedelta(seconds=reading.before - self._last.after)
        most = self._last.at + timedelta(seconds=reading.after - self._last.before)
        if least - BACK <= reading.at <= most + FORWARD:
            return None
        return f"the clock jumped from {most.isoformat()} to {reading.at.isoformat()}"

    def _went_back_over_a_restart(self, now: datetime) -> str | None:
        with self._store.read() as reader:
            rows = reader.execute(f"SELECT beat_at FROM {self._table}")
        if not rows or now >= rows[0]["beat_at"] - BACK:
            return None
        return f"the clock went back from {rows[0]['beat_at'].isoformat()} to {now.isoformat()} over a restart"

    def _write(self, now: datetime, stopped_because: str | None) -> None:
        with self._store.write() as transaction:
            transaction.execute(
                f"INSERT INTO {self._table} (id, beat_at, stopped_because) VALUES (1, :at, :because)"
                " ON CONFLICT (id)"
                " DO UPDATE SET beat_at = excluded.beat_at, stopped_because = excluded.stopped_because",
                {"at": now, "because": stopped_because},
            )
        self._written = now
