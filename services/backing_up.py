"""`recourse backup`, `restore` and `erasures`: a copy of a running installation, and who must not come back with it."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from services.intake import operations as intake_operations
from services.intake.erasure_list import Erasure, read_list
from services.opening import existing, opened, settings
from services.tables import TABLES
from shared.eventstore.sqlite_backup import back_up, count_pages
from shared.messaging.relay import mark_published
from shared.runtime.backends import ConfigurationError
from shared.runtime.terminal import progress_bar

DATABASES = (*(f"{name}.db" for name in TABLES), "topics.db")
EVIDENCE = "evidence"
MANIFEST = "backup.json"

erasures_app = typer.Typer(help="Who was erased: the list that is kept apart from backups.")


def add_commands(app: typer.Typer, topics_app: typer.Typer) -> None:
    app.command("backup")(backup)
    app.command("restore")(restore)
    app.add_typer(erasures_app, name="erasures")
    topics_app.command("republish")(republish)


def backup(directory: Annotated[Path, typer.Argument(help="A directory that is not there yet")]) -> None:
    """Copy the installation in the data directory as it is at one moment, while it runs; keys are not in the copy."""
    data_dir = _embedded_directory()
    files = [data_dir / name for name in DATABASES if (data_dir / name).exists()]
    if data_dir / "intake.db" not in files:
        raise ConfigurationError(f"there is no installation in {data_dir}; RECOURSE_DATA_DIR names another")
    taken_at = datetime.now(UTC)
    with _whole(directory) as partial, progress_bar("backup", total=count_pages(files)) as progress:
        back_up(files, partial, _counted(progress))
        copied = _copy_evidence(data_dir / EVIDENCE, partial / EVIDENCE)
        manifest = {"taken_at": taken_at.isoformat(), "databases": [each.name for each in files], "evidence": copied}
        (partial / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    typer.echo(f"{directory} holds {len(files)} databases and {copied} files of evidence. Keep the keys elsewhere.")


def _embedded_directory() -> Path:
    read = settings()
    if read.database_url is not None:
        raise ConfigurationError("what is in PostgreSQL is backed up with its own tools; see docs/howto/backup.md")
    return read.data_dir


@contextmanager
def _whole(directory: Path) -> Iterator[Path]:
    """A directory that is there under its name only once everything is in it."""
    if directory.exists():
        raise ConfigurationError(f"{directory} is there already; each backup has a directory of its own")
    partial = directory.with_name(f"{directory.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    yield partial
    partial.rename(directory)


def _counted(progress: Callable[[int], None]) -> Callable[[int], None]:
    done = 0

    def copied(more: int) -> None:
        nonlocal done
        done += more
        progress(done)

    return copied


def _copy_evidence(source: Path, target: Path) -> int:
    """Copy the finished files; they never change, and one that was destroyed meanwhile is missed by nobody."""
    target.mkdir()
    copied = 0
    for file in source.iterdir() if source.exists() else ():
        if not file.suffix:
            try:
                shutil.copy2(file, target / file.name)
            except FileNotFoundError:
                continue
            copied += 1
    return copied


def restore(directory: Annotated[Path, typer.Argument(help="What `recourse backup` made")]) -> None:
    """Put a backup into a data directory that holds no installation; then `recourse erasures repeat`."""
    data_dir = _embedded_directory()
    if not (directory / MANIFEST).exists():
        raise ConfigurationError(f"{directory} is no backup, or not a whole one")
    there = [name for name in (*DATABASES, EVIDENCE) if (data_dir / name).exists()]
    if there:
        raise ConfigurationError(f"{data_dir} holds {', '.join(there)}; move it away, and leave erasures.jsonl there")
    data_dir.mkdir(parents=True, exist_ok=True)
    shutil.copytree(directory / EVIDENCE, data_dir / EVIDENCE)
    for name in reversed(json.loads((directory / MANIFEST).read_text(encoding="utf-8"))["databases"]):
        shutil.copy2(directory / name, data_dir / name)
    typer.echo(f"{directory} is restored to {data_dir}; repeat erasures since then: recourse erasures repeat")


@erasures_app.callback(invoke_without_command=True)
def erasures(context: typer.Context) -> None:
    """Print every erasure that is recorded, one line of JSON each: for a list of your own."""
    if context.invoked_subcommand is None:
        for erasure in intake_operations.erasures(opened().intake):
            typer.echo(erasure.line())


@erasures_app.command("repeat")
def repeat(
    file: Annotated[Path | None, typer.Argument(help="A list; without it the one that the installation keeps")] = None,
) -> None:
    """Destroy again what came back with an older backup. Stop the installation first."""
    backend = existing()
    backend.take_directory()
    service = opened().intake
    missing = intake_operations.repeat_erasures(service, _listed(file) if file else service.erasures.read())
    typer.echo(f"{len(missing)} erasures were repeated" if missing else "nobody came back")


def republish() -> None:
    """Let relays publish everything anew, with the same ids, on topics that are empty. Stop every process first."""
    backend = existing()
    held = {at.topic for at, end in backend.log.ends().items() if end}
    if held:
        raise ConfigurationError(
            f"there are messages on {', '.join(sorted(held))}; choose another RECOURSE_KAFKA_PREFIX"
        )
    for name, schemas in TABLES.items():
        store = backend.store(name)
        store.prepare(*schemas)
        with store.write() as transaction:
            mark_published(transaction, name, 0)
        store.close()
    typer.echo("everything is published anew as soon as relays run")


def _listed(file: Path) -> list[Erasure]:
    try:
        return read_list(file)
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{file}: {error}") from error
