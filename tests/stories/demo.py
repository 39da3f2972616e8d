"""`make demo`: the seven stories on a throwaway installation with short clocks, each timeline shown as it happens.

`make demo URL=http://127.0.0.1:8080` plays them on a running installation instead; start that one
with the tenants and policies of `tests/stories/installation`, or its clocks take days.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from tests.client import Client
from tests.installation import Installation
from tests.network import free_port
from tests.stories.seven import STORIES
from tests.stories.stage import Complaint, Stage
from tests.stories.timeline import Timeline


def _play(api: Client, console: Console, chosen: list[str]) -> None:
    for number in chosen:
        story = STORIES[number]
        console.print(f"\n[bold]({number}) {story.__doc__}[/]", soft_wrap=True)
        timeline = Timeline(console)
        timeline.begin()
        stage = Stage(api, watch=timeline.watch)
        begun = time.monotonic()
        try:
            story(stage)
        finally:
            timeline.end()
        for complaint in stage.cast:
            console.print(_ending(stage, complaint, time.monotonic() - begun), soft_wrap=True)


def _ending(stage: Stage, complaint: Complaint, seconds: float) -> str:
    ended = stage.handler("narrator").read(complaint)
    promises = ", ".join(f"{promise['clock']} {promise['state']}" for promise in ended["promises"])
    status = ended["status"]["label"]
    return f"  [bold]{complaint['number']}  {status}, level {ended['level']}[/] after {seconds:.0f} s: {promises}"


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
