"""`make demo`: the seven stories on a throwaway installation with short clocks, each timeline shown as it happens.

`make demo URL=http://127.0.0.1:8080` plays them on a running installation instead; start that one
with the tenants and policies of `tests/stories/installation`, or its clocks take days.
"""

import argparse
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console

from tests.client import Client
from tests.installation import Installation
from tests.network import free_port
from tests.stories.seven import STORIES
from tests.stories.stage import Complaint, Stage

COLOURS = {
    "complainant": "cyan",
    "service": "cyan",
    "handler": "green",
    "supervisor": "magenta",
    "system": "yellow",
}
POLL_SECONDS = 0.1


class Timeline:
    """Prints what happens to complaints, as it happens, and the promises behind it."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._watched: list[tuple[Client, Complaint]] = []
        self._shown: dict[str, int] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def begin(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._stop.set()
        self._thread.join()
        self._show_news()

    def watch(self, client: Client, complaint: Complaint) -> None:
        self._watched.append((client, complaint))

    def _run(self) -> None:
        while not self._stop.wait(POLL_SECONDS):
            self._show_news()

    def _show_news(self) -> None:
        for client, complaint in list(self._watched):
            entries = [each for each in client.history(complaint) if each["complaint_id"] == complaint["id"]]
            for entry in entries[self._shown.get(complaint["id"], 0) :]:
                self._console.print(_line(complaint, entry))
            self._shown[complaint["id"]] = len(entries)


def _line(complaint: Complaint, entry: dict[str, Any]) -> str:
    actor = entry["actor"]["type"]
    name = entry["type"].split(".")[2]
    who = f"{actor} {entry['actor']['id'] or ''}".strip()
    at = entry["recorded_at"][11:19]
    return f"  {at}  {complaint['number']}  [{COLOURS.get(actor, 'white')}]{name:<24}[/] {who}"


def _play(api: Client, console: Console, chosen: list[str]) -> None:
    for number in chosen:
        story = STORIES[number]
        console.rule(f"({number}) {story.__doc__}", align="left")
        timeline = Timeline(console)
        timeline.begin()
        stage = Stage(api, watch=timeline.watch)
        begun = time.monotonic()
        try:
            story(stage)
        finally:
            timeline.end()
        for complaint in stage.cast:
            console.print(_ending(stage, complaint, time.monotonic() - begun))


def _ending(stage: Stage, complaint: Complaint, seconds: float) -> str:
    ended = stage.handler("narrator").read(complaint)
    promises = ", ".join(f"{promise['clock']} {promise['state']}" for promise in ended["promises"])
    status = ended["status"]["label"]
    return f"  [bold]{complaint['number']}[/]: {status}, level {ended['level']}; {promises} ({seconds:.1f} s)"


@contextmanager
def _throwaway() -> Iterator[Installation]:
    with tempfile.TemporaryDirectory(prefix="recourse-demo-") as directory:
        installation = Installation(Path(directory), free_port())
        installation.start()
        try:
            yield installation
        finally:
            installation.stop()


def _running(url: str) -> Installation:
    data_dir = Path(os.environ.get("RECOURSE_DATA_DIR", ".data"))
    return Installation(data_dir, int(url.rpartition(":")[2]))


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--url", default="", help="a running installation")
    arguments.add_argument("stories", nargs="*", default=list(STORIES), help="numbers of stories")
    chosen = arguments.parse_args()
    console = Console(highlight=False)
    if chosen.url:
        _play(_running(chosen.url).api, console, chosen.stories)
        return 0
    with _throwaway() as installation:
        _play(installation.api, console, chosen.stories)
    return 0


if __name__ == "__main__":
    sys.exit(main())
