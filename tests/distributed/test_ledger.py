"""The ledger of the manual pays a remedy over a real Kafka, and hears what became of it."""

import os
import subprocess
import sys
from typing import Any
from uuid import UUID

import pytest

from tests.conftest import Running, StartInstallation
from tests.installation import HERE
from tests.kafka_logs import own_prefix

LEDGER = HERE.parent / "docs" / "howto" / "ledger.py"
PAYMENT = str(UUID(int=4711))
PROMISE = {"kind": "refund", "due_on": "2025-10-10", "amount": {"amount": "500.00", "currency": "CNY"}}
BODY = {"decision": "upheld", "reason": "error-confirmed", "explanation": "已查明原因", "remedies": [PROMISE]}


@pytest.fixture
def prefix() -> str:
    return own_prefix()


@pytest.fixture
def running(start: StartInstallation, kafka: str, prefix: str) -> Running:
    return start(kafka_bootstrap=kafka, kafka_prefix=prefix)


def test_the_ledger_of_the_manual_is_answered_done_refused_or_known_already(
    running: Running, kafka: str, prefix: str
) -> None:
    complaint = running.api.as_app("u-1").submit()
    resolved = running.api.as_handler().decide(complaint, "resolve", BODY)
    remedy = resolved["remedies"][0]["remedy_id"]
    environment = {
        **os.environ,
        "RECOURSE_KAFKA_BOOTSTRAP": kafka,
        "RECOURSE_KAFKA_PREFIX": prefix,
        "LEDGER_PATIENCE_MS": "6000",
    }

    def ledger(*said: str) -> Any:
        command = (sys.executable, str(LEDGER), said[0], complaint["id"], *said[1:])
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)

    assert "remedy-amount-differs" in ledger("fulfil", remedy, PAYMENT, "499.99", "CNY").stderr
    done = ledger("fulfil", remedy, PAYMENT, "500.00", "CNY")
    assert (done.stdout, done.stderr) == ("done: recourse.complaint.remedy-fulfilled.v1\n", "")
    assert ledger("fulfil", remedy, PAYMENT, "500.00", "CNY").stdout == done.stdout
    assert "remedy-already-fulfilled" in ledger("fail", remedy, PAYMENT, "account-closed").stderr
    running.settle()
    assert running.api.as_app("u-1").read(complaint)["remedies"][0]["reference"] == PAYMENT
    assert running.api.as_handler().events(complaint).count("remedy-fulfilled") == 1
