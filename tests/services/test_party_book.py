"""Which party a wallet user is, where one forgets while another submits."""

from pathlib import Path

import pytest
from eventsourcing.persistence import IntegrityError

from services.intake.party_book import PARTIES, PartyBook
from shared.eventstore.sqlite import SQLiteStore
from shared.eventstore.store import StaleError
from tests.builders import COMPLAINANT, NOW, WITNESS
from tests.clock import StandingClock
from tests.services.archive import MASTER

USER = ("default", "user-1")


@pytest.fixture
def store(tmp_path: Path) -> SQLiteStore:
    store = SQLiteStore(tmp_path / "intake.db", "intake", StandingClock(NOW))
    store.prepare(PARTIES)
    return store


@pytest.fixture
def book(store: SQLiteStore) -> PartyBook:
    book = PartyBook(store, MASTER)
    with store.write() as transaction:
        book.enter(*USER, COMPLAINANT)(transaction)
    return book


def test_a_known_user_is_the_same_party(book: PartyBook, store: SQLiteStore) -> None:
    assert book.find(*USER) == COMPLAINANT
    with store.write() as transaction:
        book.still(*USER, COMPLAINANT)(transaction)


def test_a_user_is_entered_once(book: PartyBook, store: SQLiteStore) -> None:
    with pytest.raises(IntegrityError), store.write() as transaction:
        book.enter(*USER, WITNESS)(transaction)


@pytest.mark.parametrize("again", [False, True], ids=["forgotten", "entered anew"])
def test_a_party_that_was_erased_meanwhile_is_decided_again(
    book: PartyBook, store: SQLiteStore, *, again: bool
) -> None:
    with store.write() as transaction:
        book.forget(transaction, COMPLAINANT)
        if again:
            book.enter(*USER, WITNESS)(transaction)
        with pytest.raises(StaleError):
            book.still(*USER, COMPLAINANT)(transaction)


def test_users_of_two_tenants_are_two_parties(book: PartyBook) -> None:
    assert book.find("other", USER[1]) is None
