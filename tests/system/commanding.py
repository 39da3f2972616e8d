"""The `recourse` command as an operator types it: a process of its own, on a real data directory."""

import json
import multiprocessing
import os
import sys
from dataclasses import dataclass
from multiprocessing.reduction import DupFd
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from services.__main__ import main
from tests.installation import HERE, SHORT_CLOCKS, Installation
from tests.waiting import wait_until

PATIENCE_SECONDS = 60
DECORATION = set("│┃━─╭╰\x1b")
CALM_CLOCKS = {"RECOURSE_TENANTS_DIR": str(HERE.parent / "shared/contracts/tenants")}

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["services.__main__"])


@dataclass(frozen=True)
class Done:
    returncode: int | None
    stdout: str
    stderr: str


def recourse(data_dir: Path, *arguments: str, **environment: str) -> Done:
    """Run one command to its end, on the tenants and policies of a calm installation.

    The process is forked from one that has done the imports: they take longer than most commands.
    """
    environment = {**SHORT_CLOCKS, **CALM_CLOCKS, "RECOURSE_DATA_DIR": str(data_dir), **environment}
    with TemporaryFile() as out, TemporaryFile() as err:
        ends = DupFd(out.fileno()), DupFd(err.fileno())
        process = FORKS.Process(target=_type, args=(arguments, environment, ends))
        process.start()
        process.join(PATIENCE_SECONDS)
        return Done(process.exitcode, _read(out), _read(err))


def _type(arguments: tuple[str, ...], environment: dict[str, str], ends: tuple[Any, Any]) -> None:
    for own, end in zip((1, 2), ends, strict=True):
        os.dup2(end.detach(), own)
    os.environ.update(environment)
    sys.argv = ["recourse", *arguments]
    main()


def _read(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()


def said(data_dir: Path, *arguments: str, **environment: str) -> str:
    """What a command that succeeds prints, without a terminal: plain, and nothing beside it."""
    done = recourse(data_dir, *arguments, **environment)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    assert not DECORATION & set(done.stdout)
    return done.stdout


def said_json(data_dir: Path, *arguments: str) -> Any:
    return json.loads(said(data_dir, *arguments, "--json"))


def complaint_of(done: Done, code: int = 2) -> str:
    """The last line of a refused command: its exit code is right, and it says why without a traceback."""
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert not DECORATION & set(done.stderr)
    return done.stderr.splitlines()[-1]


def only_line(done: Done) -> str:
    """The one line that a refused command prints."""
    (line,) = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (2, "")
    return line


def come_to_rest(installation: Installation) -> None:
    """Wait until every group has read every topic, and nothing more comes."""
    seen: list[Any] = [None]

    def rested() -> bool:
        seen.append(said_json(installation.data_dir, "topics"))
        return bool(seen[-1] == seen[-2]) and not any(any(row["behind"].values()) for row in seen[-1])

    wait_until(rested, seconds=60, what="the installation to come to rest")
