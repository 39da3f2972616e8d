"""The event sourcing library's own suites, run on our recorder; it has no subscriptions, and nothing asks for them."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import eventsourcing.cryptography
import pytest
from eventsourcing.persistence import StoredEvent
from typing_extensions import override

from shared.eventstore.sqlite import EventRecorder, SQLiteStore
from tests.builders import COMPLAINT_ID, NOW
from tests.clock import StandingClock

# The module of the suites imports the cipher that stands on pycryptodome; its twin stands on what is installed here.
sys.modules.setdefault("eventsourcing.cipher", eventsourcing.cryptography)

from eventsourcing.tests import persistence as suites  # noqa: E402 - only now can it be imported

if TYPE_CHECKING:
    RecorderSuite = suites.ApplicationRecorderTestCase[EventRecorder]
else:
    RecorderSuite = suites.ApplicationRecorderTestCase


class _OnOurRecorder:
    """Gives a suite of the library a recorder on a file of its own."""

    store: SQLiteStore

    @pytest.fixture(autouse=True)
    def _open(self, tmp_path: Path) -> None:
        self.store = SQLiteStore(tmp_path / "shop.db", "shop", StandingClock(NOW))

    def create_recorder(self) -> EventRecorder:
        self.store.create()
        return self.store.recorder

    def tearDown(self) -> None:
        self.store.close()


class TestEventRecorder(_OnOurRecorder, RecorderSuite):
    @override
    def test_performance(self) -> None:
        """A measurement, nothing that could fail."""

    @override
    def test_concurrent_throughput(self) -> None:
        """As above."""


class TestNonInterleavingNotificationIds(_OnOurRecorder, suites.NonInterleavingNotificationIDsBaseCase):
    pass


del RecorderSuite


def test_the_recorder_says_that_it_has_no_subscriptions(tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "shop.db", "shop", StandingClock(NOW))
    with pytest.raises(NotImplementedError):
        store.recorder.subscribe()
    store.close()


def test_what_the_library_inserts_has_a_recorded_time_like_everything_else(tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "shop.db", "shop", StandingClock(NOW))
    store.create()
    store.recorder.insert_events([StoredEvent(COMPLAINT_ID, 1, "shop.sold", b"{}")])
    (stored,) = store.follow(0, 10)
    assert stored.recorded_at > NOW
    store.close()
