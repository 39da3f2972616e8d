"""Copies SQLite files as they all stood at one moment, while others go on writing to them."""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

PAGES = 1000
LOCK_SECONDS = 30.0

Copied = Callable[[int], None]


def back_up(files: Sequence[Path], directory: Path, copied: Copied) -> None:
    """Copy files into a directory: what they hold together is what a power cut at that moment would have left.

    Every write lock is held at once, for as long as it takes to begin to read everywhere.
    `copied` is told of every so many pages.
    """
    with ExitStack() as stack:
        sources = [stack.enter_context(closing(_connect(file))) for file in files]
        _begin_at_one_moment(files, sources)
        for file, source in zip(files, sources, strict=True):
            with closing(sqlite3.connect(directory / file.name)) as target:
                source.backup(target, pages=PAGES, progress=lambda _status, _left, _all: copied(PAGES))
                _require_whole(target, file.name)


def count_pages(files: Sequence[Path]) -> int:
    pages = 0
    for file in files:
        with closing(_connect(file)) as source:
            pages += source.execute("PRAGMA page_count").fetchone()[0]
    return pages


def _begin_at_one_moment(files: Sequence[Path], sources: Sequence[sqlite3.Connection]) -> None:
    with ExitStack() as stack:
        for file in files:
            stack.enter_context(closing(_connect(file))).execute("BEGIN IMMEDIATE")
        for source in sources:
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_master").fetchone()


def _connect(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{file}?mode=rw", uri=True, timeout=LOCK_SECONDS, isolation_level=None)


def _require_whole(copy: sqlite3.Connection, name: str) -> None:
    (said,) = copy.execute("PRAGMA quick_check(1)").fetchone()
    if said != "ok":
        raise sqlite3.DatabaseError(f"the copy of {name} is damaged: {said}")
