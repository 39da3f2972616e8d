"""What the complainant reads at every step of a story: files for people, of some stories in each language.

`make told` writes them anew; a test fails where they tell something else than the product does.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.client import Client, answered
from tests.conftest import Running, running_installation
from tests.stories.seven import STORIES
from tests.stories.stage import Complaint, Stage

FILES = Path(__file__).parent / "told"
CHOSEN = ("1", "3", "5")
NUMBER = "7K3M-92QFV-8X"
"""Stands for the number of every complaint, which is random."""

HEADINGS: Mapping[str, Mapping[str, str]] = {
    "zh-CN": {"next": "接下来：", "promises": "我们承诺：", "missing": "还需要：", "rights": "您可以："},
    "en": {"next": "Next: ", "promises": "Our promises:", "missing": "Still missing:", "rights": "What you can do:"},
}


@dataclass(frozen=True)
class Attentive(Client):
    """A client after whose every change the complainant looks at what has become of it."""

    look: Callable[[], None] = lambda: None

    def request(self, method: str, path: str, *, key: str | None = "", **arguments: Any) -> httpx.Response:
        response = super().request(method, path, key=key, **arguments)
        if method == "POST":
            self.look()
        return response


@dataclass
class Transcript:
    """One story in one language, step by step."""

    language: str
    lines: list[str] = field(default_factory=list)
    told: int = 0
    stood: list[str] = field(default_factory=list)

    def look(self, story: Mapping[str, Any]) -> None:
        """Write down what is new, and how it stands where that has changed."""
        news, stands = story["happened"][self.told :], list(standing(story, self.language))
        if not news and stands == self.stood:
            return
        for each in news:
            self.lines += [f"{each['on']}  {each['text']}", *_quoted(each["quoted"])]
        self.lines += [""] if news else []
        self.lines += [*stands, ""] if stands != self.stood else []
        self.told, self.stood = len(story["happened"]), stands

    def text(self, title: str) -> str:
        return "\n".join([title, "", *self.lines]).rstrip() + "\n"


def standing(story: Mapping[str, Any], language: str) -> Iterator[str]:
    """How a complaint stands: indented, under its headline."""
    headings = HEADINGS[language]
    yield f"    == {story['headline']} =="
    yield f"    {headings['next']}{story['next']['text']}"
    for part in ("promises", "missing", "rights"):
        if story[part]:
            yield f"    {headings[part]}"
        for each in story[part]:
            how = f" ({each['how']})" if "how" in each else ""
            yield f"      - {each['text']}{how}"


def _quoted(words: str | None) -> list[str]:
    return [f"    > {line}" for line in (words or "").splitlines()]


def transcripts(running: Running, number: str) -> dict[str, str]:
    """Play a story, and return what its complainant reads, by language."""
    story, written = STORIES[number], {language: Transcript(language) for language in HEADINGS}
    watched: list[tuple[Client, Complaint]] = []

    def look() -> None:
        for client, complaint in watched:
            running.settle()
            for language, transcript in written.items():
                headers = {"Accept-Language": language}
                told = client.get(f"/v1/complaints/{complaint['id']}/story", headers=headers)
                transcript.look(answered(told))

    def enter(client: Client, complaint: Complaint) -> None:
        watched.append((client, complaint))
        look()

    story(Stage(Attentive(running.url, running.sign, look=look), watch=enter))
    ((_, complaint),) = watched
    title = str(story.__doc__)
    return {language: each.text(title).replace(complaint["number"], NUMBER) for language, each in written.items()}


def file_of(number: str, language: str) -> Path:
    return FILES / f"story-{number}.{language}.txt"


def main() -> int:
    for number in CHOSEN:
        with tempfile.TemporaryDirectory(prefix="recourse-told-") as directory:
            with running_installation(Path(directory)) as running:
                told = transcripts(running, number)
            for language, text in told.items():
                file_of(number, language).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
