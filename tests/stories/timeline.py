"""The timeline of a story as it happens: what, by whom, how it stands, what the complainant reads, who was told."""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape

from tests.client import Client
from tests.stories.stage import Complaint

HERE = ZoneInfo("Asia/Shanghai")
POLL_SECONDS = 0.1
LABEL_WIDTH, BY_WIDTH = 44, 20
COLOURS = {
    "complainant": "cyan",
    "service": "cyan",
    "handler": "green",
    "supervisor": "magenta",
    "system": "yellow",
}
LABELS: Mapping[str, str] = {
    "submitted": "Submitted: {category}",
    "classified": "Classified: {classification[complexity]}",
    "assigned": "Assigned to {handler_id}",
    "answered": "Letter ordered: {kind}",
    "delivery-recorded": "Letter {outcome} by {medium}",
    "escalated": "Level {from_level} to {to_level}: {reason}",
    "resolved": "Resolved: {decision}, {reason}",
    "resolution-rejected": "Resolution rejected: {reason}",
    "reopened": "Reopened: {reason}",
    "closed": "Closed: {reason}",
    "withdrawn": "Withdrawn: {reason}",
    "third-party-awaited": "Waits for the {third_party}",
    "external-referral-opened": "Referred to {body}",
    "external-referral-decided": "Outside decision: {outcome}",
    "linked": "Linked: {link}",
    "rated": "Rated: {score} of 5",
}


@dataclass
class Watched:
    """A complaint on stage, and how much of it was shown."""

    client: Client
    complaint: Complaint
    versions: int = 0
    told: int = 0
    next: str = ""
    notices: set[str] = field(default_factory=set)


class Timeline:
    def __init__(self, console: Console) -> None:
        self._console = console
        self._watched: list[Watched] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def begin(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._stop.set()
        self._thread.join()
        self._show_news()

    def watch(self, client: Client, complaint: Complaint) -> None:
        self._watched.append(Watched(client, complaint))

    def _run(self) -> None:
        while not self._stop.wait(POLL_SECONDS):
            self._show_news()

    def _show_news(self) -> None:
        """The outbox is read first: what somebody was told of must stand in the history that is read after it."""
        news = [each for watched in list(self._watched) for each in (*_told(watched), *_happened(watched))]
        for at, line in sorted(news, key=itemgetter(0)):
            clock = datetime.fromisoformat(at).astimezone(HERE)
            self._console.print(f"  {clock:%H:%M:%S}  {line}", soft_wrap=True)


def _happened(watched: Watched) -> Iterator[tuple[str, str]]:
    client, complaint = watched.client, watched.complaint
    own = [entry for entry in client.history(complaint) if entry["complaint_id"] == complaint["id"]]
    for entry in own[watched.versions :]:
        then = client.read(complaint, params={"version": entry["version"]})
        actor = entry["actor"]
        by = _padded(f"by {actor['id'] or actor['type']}", BY_WIDTH)
        label = _padded(label_of(entry), LABEL_WIDTH)
        stands = f"{then['status']['code']}, level {then['level']}"
        colour = COLOURS.get(actor["type"], "white")
        yield entry["recorded_at"], f"{complaint['number'][:4]}  [{colour}]{escape(label)}[/]{by}{stands}"
        yield from _read(watched, entry)
    watched.versions = len(own)


def _read(watched: Watched, entry: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What the complainant reads once this has happened, where that is news to them."""
    path = f"/v1/complaints/{watched.complaint['id']}/story"
    story = watched.client.get(path, params={"as_of": entry["recorded_at"]}).json()
    news = [each["text"] for each in story["happened"][watched.told :]]
    reads = [*news, story["next"]["text"]]
    watched.told = len(story["happened"])
    if reads != [watched.next]:
        line = f"{watched.complaint['number'][:4]}    [italic]reads: {escape(' '.join(reads))}[/]"
        yield entry["recorded_at"], line
    watched.next = story["next"]["text"]


def label_of(entry: dict[str, Any]) -> str:
    name: str = entry["type"].split(".")[2]
    plain = name.replace("-", " ").capitalize()
    return LABELS.get(name, plain).format(**entry["fields"])


def _told(watched: Watched) -> Iterator[tuple[str, str]]:
    """What stands in the console outbox: an installation without providers tells nobody over anything else."""
    complaint = watched.complaint
    outbox = watched.client.get("/v1/outbox", params={"complaint_id": complaint["id"], "limit": 100}).json()["data"]
    for notice in outbox:
        if notice["notification_id"] not in watched.notices:
            watched.notices.add(notice["notification_id"])
            to = _recipient(complaint, notice["recipient"])
            line = f"{complaint['number'][:4]}    [dim]told {to} over the console: {escape(notice['subject'])}[/]"
            yield notice["sent_at"], line


def _recipient(complaint: Complaint, recipient: str) -> str:
    """A party by its role: its id tells nobody anything."""
    kind, _, name = recipient.partition(" ")
    roles: dict[str, str] = {party["party_id"]: party["role"] for party in complaint["parties"]}
    return roles.get(name, f"{kind} {name}")


def _padded(text: str, width: int) -> str:
    return text + " " * max(width - cell_len(text), 2)
