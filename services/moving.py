"""`recourse move`: an embedded installation onto PostgreSQL and Kafka, as it is, and never half of it served."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Any
from uuid import UUID, uuid4

import typer
from psycopg.conninfo import conninfo_to_dict

from services.opening import Json, named
from services.tables import TABLES
from shared.contracts.topics import ALL_TOPICS, READ_BY
from shared.eventstore.cipher import UndecipherableError
from shared.eventstore.keys import KeyRing
from shared.eventstore.moving import (
    MoveState,
    carry,
    count_rows,
    differing_events,
    differing_tables,
    holdings,
    mark,
    mark_of,
    tables_of,
)
from shared.eventstore.store import Store
from shared.messaging.moving import Places, Relocated, carry_topic, find_places, next_offsets
from shared.runtime.backends import Backend, ConfigurationError, require_topics
from shared.runtime.moved import Departure, departure, note
from shared.runtime.terminal import print_json, progress_bar, show

WHOLE_TABLES_MS = 3_600_000
TOPICS = tuple(topic.name for topic in ALL_TOPICS)
GROUPS = {group for groups in READ_BY.values() for group in groups}

AS_IT_WAS = "everything is there as it was"

Moved = Callable[[int], None]


class MoveDiffersError(Exception):
    """What was moved is not what it was; says what differs."""


def add_commands(app: typer.Typer) -> None:
    app.command("move")(move)


def move(
    check: Annotated[
        bool, typer.Option("--check", help="Move nothing; compare what lies here with what is there")
    ] = False,
    as_json: Json = False,
) -> None:
    """Move the stopped installation in the data directory to the database and the broker that the settings name.

    An interrupted move goes on when it is called again.
    """
    backends = _backends()
    backends.source.lock_directory()
    moving = Moving(backends.source, backends.target)
    with progress_bar("checking" if check else "moving", total=moving.steps()) as progress:
        report = (moving.check if check else moving.carry)(_counted(progress))
    if as_json:
        print_json(report)
        return
    show("Moved", report["services"], as_json=False)
    show("Topics", [{"topic": name, "messages": count} for name, count in report["topics"].items()], as_json=False)
    typer.echo(f"{report['said']}. Evidence stays in {report['evidence']}; the keys are the same.")


@dataclass(frozen=True)
class _Backends:
    source: Backend
    target: Backend


def _backends() -> _Backends:
    target = named(database_timeout_ms=WHOLE_TABLES_MS)
    settings = target.settings
    if settings.database_url is None or not settings.kafka_bootstrap:
        raise ConfigurationError(
            "RECOURSE_DATABASE_URL and RECOURSE_KAFKA_BOOTSTRAP say where to; RECOURSE_DATA_DIR says where from"
        )
    if not (settings.data_dir / "intake.db").exists():
        raise ConfigurationError(f"there is no installation in {settings.data_dir}; RECOURSE_DATA_DIR names another")
    source = settings.model_copy(update={"database_url": None, "kafka_bootstrap": ""})
    return _Backends(Backend(source), target)


def _counted(progress: Callable[[int], None]) -> Moved:
    done = 0

    def moved(more: int) -> None:
        nonlocal done
        done += more
        progress(done)

    return moved


class Moving:
    """Topics first, then each service in one transaction, then everything compared; marks say how far it came."""

    def __init__(self, source: Backend, target: Backend) -> None:
        self._source = source
        self._target = target
        self._stores = {name: self._opened(name) for name in TABLES}
        self._tables = {name: tables_of(name, schemas) for name, schemas in TABLES.items()}
        self._require_its_keys()
        require_topics(target.log)

    def _opened(self, name: str) -> tuple[Store, Store]:
        stores = self._source.store(name), self._target.store(name)
        for store in stores:
            store.prepare(*TABLES[name])
        return stores

    def _require_its_keys(self) -> None:
        """Open one key of the installation: another master key would make everything personal unreadable."""
        store = self._stores["intake"][0]
        with store.read() as reader:
            rows = reader.execute("SELECT stream_id FROM intake_subject_keys LIMIT 1")
            for row in rows:
                try:
                    KeyRing(store, self._source.master_key).read(reader, UUID(row["stream_id"]))
                except UndecipherableError as error:
                    raise ConfigurationError("RECOURSE_MASTER_KEY_FILE is not that of this installation") from error

    def steps(self) -> int:
        """How much is to be counted: what is carried is compared afterwards."""
        messages = sum(self._source.log.ends().values())
        return 2 * (messages + sum(sum(counts.values()) for counts in self._counts.values()))

    @cached_property
    def _counts(self) -> dict[str, dict[str, int]]:
        return {
            name: count_rows(source, [f"{name}_events", *self._tables[name]])
            for name, (source, _) in self._stores.items()
        }

    def carry(self, moved: Moved) -> dict[str, Any]:
        """Move everything, or what an interrupted move has left; raises MoveDiffersError."""
        departing = self._depart()
        if departing.is_done:
            return self.check(moved)
        for topic in TOPICS:
            carry_topic(self._source.log, self._target.log, topic, moved)
        places = self._found(TOPICS, moved)
        for name, (source, target) in self._stores.items():
            relocated = Relocated(name, self._source.log, places)
            if _state(target) == MoveState.BEGUN:
                tables, move_id = self._tables[name], departing.move_id
                carry(source, target, tables, relocated.rows, move_id=move_id, moved=moved)
        for group in GROUPS:
            self._place_group(group, places)
        self._require_equal(places, moved)
        self._arrive(departing)
        return self._report(AS_IT_WAS, places)

    def _depart(self) -> Departure:
        """Note on both sides that a move has begun; raises ConfigurationError where the target holds something else."""
        data_dir = self._source.settings.data_dir
        departing = departure(data_dir)
        if departing is None:
            self._require_empty()
            departing = Departure(str(uuid4()), self._address())
            note(data_dir, departing)
        for name, (_, target) in self._stores.items():
            found = mark_of(target)
            if found is None and not departing.is_done:
                self._require_empty_store(name, target)
                with target.write() as transaction:
                    mark(transaction, name, departing.move_id, MoveState.BEGUN)
            elif found is None or found[0] != departing.move_id:
                raise ConfigurationError(f"{data_dir} moves to {departing.to}, and not to {self._address()}")
        return departing

    def _address(self) -> str:
        settings = self._target.settings
        assert settings.database_url is not None  # noqa: S101 - there is no target without
        at = conninfo_to_dict(settings.database_url.get_secret_value())
        database = f"{at.get('host', 'localhost')}:{at.get('port', '5432')}/{at.get('dbname', '')}"
        return f"{database} and {settings.kafka_bootstrap} {settings.kafka_prefix}".strip()

    def _require_empty(self) -> None:
        for name, (_, target) in self._stores.items():
            self._require_empty_store(name, target)
        held = {at.topic for at, end in self._target.log.ends().items() if end}
        if held:
            raise ConfigurationError(
                f"there are messages on {', '.join(sorted(held))} already; choose another RECOURSE_KAFKA_PREFIX"
            )

    def _require_empty_store(self, name: str, target: Store) -> None:
        held = holdings(target, TABLES[name])
        if held:
            said = ", ".join(f"{count} rows in {table}" for table, count in held.items())
            raise ConfigurationError(f"the database is not empty ({said}); make a new one, and `recourse migrate` it")

    def _found(self, topics: tuple[str, ...], moved: Moved) -> Places:
        places = find_places(self._source.log, self._target.log, topics, moved)
        if places.differences:
            raise MoveDiffersError(_first(places.differences))
        return places

    def _place_group(self, group: str, places: Places) -> None:
        topics = [topic for topic, groups in READ_BY.items() if group in groups]
        log = self._target.log
        log.begin_at(group, next_offsets(places, self._source.log.committed(group), log.ends(), topics))

    def _require_equal(self, places: Places, moved: Moved) -> None:
        differences = []
        for name, (source, target) in self._stores.items():
            relocated = Relocated(name, self._source.log, places)
            differences += differing_events(source, target, moved)
            differences += differing_tables(source, target, self._tables[name], relocated.rows, moved)
        if differences:
            raise MoveDiffersError(_first(differences))

    def _arrive(self, departing: Departure) -> None:
        for name, (_, target) in self._stores.items():
            with target.write() as transaction:
                mark(transaction, name, departing.move_id, MoveState.DONE)
        note(self._source.settings.data_dir, replace(departing, is_done=True))

    def check(self, moved: Moved) -> dict[str, Any]:
        """Compare what lies here with what is there; once it runs there, only what never changes."""
        departing = departure(self._source.settings.data_dir)
        states = {_state(target) for _, target in self._stores.values()}
        if departing is None or states != {MoveState.DONE}:
            raise ConfigurationError("no move from here to there is done; `recourse move` begins one, or goes on")
        if not self._has_run():
            places = self._found(TOPICS, moved)
            self._require_equal(places, moved)
            return self._report(AS_IT_WAS, places)
        places = self._found(tuple(topic.name for topic in ALL_TOPICS if not topic.compacted), moved)
        differences = [said for stores in self._stores.values() for said in differing_events(*stores, moved)]
        if differences:
            raise MoveDiffersError(_first(differences))
        return self._report(f"it runs there since; {AS_IT_WAS} then", places)

    def _has_run(self) -> bool:
        leases = [count_rows(target, [f"{name}_leases"]) for name, (_, target) in self._stores.items()]
        return any(count for counts in leases for count in counts.values())

    def _report(self, said: str, places: Places) -> dict[str, Any]:
        messages = Counter(place.partition.topic for place in places.of)
        return {
            "said": said,
            "to": self._address(),
            "services": [_counted_service(name, counts) for name, counts in self._counts.items()],
            "topics": {topic: messages[topic] for topic in TOPICS},
            "evidence": str(self._source.settings.data_dir / "evidence"),
        }


def _counted_service(name: str, counts: Mapping[str, int]) -> dict[str, Any]:
    events = counts[f"{name}_events"]
    return {"service": name, "events": events, "rows": sum(counts.values()) - events}


def _state(target: Store) -> MoveState | None:
    found = mark_of(target)
    return found[1] if found else None


def _first(differences: list[str]) -> str:
    more = f" and {len(differences) - 1} more" if len(differences) > 1 else ""
    return f"{differences[0]}{more}"
