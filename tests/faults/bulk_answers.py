"""`make incident`: one answer for many complaints, with a kill -9 in the middle; then every letter is counted."""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from services.embedded import compose
from services.intake.importing.importer import Importer, Origin
from services.intake.importing.running import ImportFile, Run
from shared.eventstore.purpose_keys import PurposeKey
from shared.runtime.backends import Backend, development_settings
from shared.runtime.clock import system_clock
from shared.runtime.settings import Settings
from tests.client import answered
from tests.importing import file_of, json_lines_of, row
from tests.installation import Installation
from tests.network import free_port
from tests.services.notifier_receivers import MailServer
from tests.services.notifier_scenes import email_table, write_tenant
from tests.waiting import wait_until

TEXT = "银行系统故障已恢复，充值将在今天 18:00 前到账。"
LONGEST_SECONDS = 1800


@dataclass(frozen=True)
class Counted:
    """`repeated` are messages that came again under the same Message-ID: what a kill cut off before its record."""

    done: int
    refused: int
    letters: Counter[str]
    repeated: int
    facts: Counter[str]
    seconds: float


def address(number: int) -> str:
    return f"user-{number}@wallet.example"


def answer_many(directory: Path, count: int, *, per_second: int = 50) -> Counted:
    """Take that many complaints in, answer them with one call, kill the process when a third is done, start again."""
    with MailServer() as server:
        tenants = write_tenant(directory / "tenants", email_table(server.port))
        environment = {"RECOURSE_TENANTS_DIR": str(tenants), "RECOURSE_INCIDENT_ANSWERS_PER_SECOND": str(per_second)}
        installation = Installation(directory / "data", free_port(), environment)
        _take_in(installation, tenants, count)
        try:
            installation.start()
            return _killed_in_the_middle(installation, server, count)
        finally:
            installation.kill()


def _take_in(installation: Installation, tenants: Path, count: int) -> None:
    received = system_clock() - timedelta(minutes=10)
    proven = {"event": "identity_verified", "at": received.isoformat()}
    rows = [
        row(each, received_at=received.isoformat(), acknowledged_at=received.isoformat(), email=address(each))
        | {"events": [proven]}
        for each in range(count)
    ]
    backend = Backend(development_settings(Settings(data_dir=installation.data_dir, tenants_dir=tenants)))
    intake = compose(backend, serve=False).intake
    origin = Origin(tenant=backend.tenants["default"], system="old-desk", brought_by="mei")
    key = PurposeKey.of(intake.application.store, backend.master_key, "import")
    importer = Importer(intake.application, origin, key=key, now=backend.clock)
    with (
        file_of(installation.data_dir.parent, json_lines_of(*rows), "open.jsonl") as file,
        intake.application.writing(),
    ):
        report = Run(importer, ImportFile.open(file), lambda _: None).apply()
    assert report.counts()["new"] == count


def _killed_in_the_middle(installation: Installation, server: MailServer, count: int) -> Counted:
    sun = installation.api.as_supervisor("sun")
    incident = answered(sun.post("/v1/incidents", {"name": "bank-outage"}), 201)
    path = f"/v1/incidents/{incident['id']}"
    grouped = answered(sun.post(f"{path}/group", {"filter": {"category": "topup.not_credited"}}))
    assert grouped["grouped"] == count
    began = time.monotonic()
    answered(sun.post(f"{path}/answer", {"text": TEXT}, key="the-one"))
    wait_until(lambda: _progress(installation, path)["done"] > count // 3, seconds=LONGEST_SECONDS, what="a third")
    installation.kill()
    installation.start()
    answered(sun.post(f"{path}/answer", {"text": TEXT}, key="the-one"))
    wait_until(lambda: _progress(installation, path)["remaining"] == 0, seconds=LONGEST_SECONDS, what="all answers")
    wait_until(lambda: len(_letters(server)[0]) >= count, seconds=LONGEST_SECONDS, what="all letters")
    seconds = time.monotonic() - began
    progress = _progress(installation, path)
    letters, repeated = _letters(server)
    return Counted(progress["done"], progress["refused"], letters, repeated, _facts(installation), seconds)


def _progress(installation: Installation, path: str) -> dict[str, Any]:
    (answer,) = answered(installation.api.as_handler().get(path))["answers"]
    progress: dict[str, Any] = answer
    return progress


def _letters(server: MailServer) -> tuple[Counter[str], int]:
    """How many different letters each address got, and how many came more than once."""
    came = [(mail.to[0], str(mail.message["Message-ID"])) for mail in list(server.mails) if TEXT in mail.text]
    return Counter(to for to, _ in set(came)), len(came) - len(set(came))


def _facts(installation: Installation) -> Counter[str]:
    """How many answers each complaint has recorded, read from the store."""
    backend = Backend(development_settings(Settings(data_dir=installation.data_dir)))
    store = backend.store("intake")
    try:
        with store.read() as reader:
            sql = "SELECT originator_id AS id, count(*) AS n FROM intake_events WHERE topic = 'complaint.answered'"
            return Counter({str(each["id"]): each["n"] for each in reader.execute(f"{sql} GROUP BY originator_id")})
    finally:
        store.close()


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--complaints", type=int, default=2000)
    arguments.add_argument("--per-second", type=int, default=50)
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        counted = answer_many(Path(directory), chosen.complaints, per_second=chosen.per_second)
    whole = {
        "complaints": chosen.complaints,
        "done": counted.done,
        "refused": counted.refused,
        "addresses with one letter": sum(1 for number in counted.letters.values() if number == 1),
        "addresses with more": sum(1 for number in counted.letters.values() if number > 1),
        "complaints with one answer": sum(1 for number in counted.facts.values() if number == 1),
        "complaints with more": sum(1 for number in counted.facts.values() if number > 1),
        "the same letter again": counted.repeated,
        "seconds": round(counted.seconds, 1),
    }
    print(json.dumps(whole, indent=1))  # noqa: T201 - what people read
    return 0 if counted.letters.total() == counted.facts.total() == chosen.complaints else 1


if __name__ == "__main__":
    sys.exit(main())
