"""A real server that speaks S3: one that is given, or one on the local JVM, in a directory of its own."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import boto3
import httpx

from shared.evidence.s3 import Bucket
from tests.kafka_broker import ROOT
from tests.maven import fetched
from tests.network import free_port
from tests.waiting import wait_until

POM = ROOT / "deploy" / "s3" / "pom.xml"
JARS = ROOT / ".s3" / "lib"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "recourse", "AWS_SECRET_ACCESS_KEY": "of-a-test"}


@dataclass
class S3Server:
    """It can be made to hang and go on again, with the process that runs it."""

    endpoint: str
    directory: Path | None = None
    process: "subprocess.Popen[bytes] | None" = None

    def bucket(self, *, timeout_ms: int = 15_000) -> Bucket:
        """An empty bucket of the test's own."""
        name = f"test-{uuid4().hex[:12]}"
        boto3.client("s3", endpoint_url=self.endpoint, region_name="us-east-1").create_bucket(Bucket=name)
        return Bucket(name=name, prefix="evidence/", endpoint=self.endpoint, timeout_ms=timeout_ms)

    def send(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)


def way() -> str | None:
    """How this machine gets a server; None where it cannot."""
    if os.environ.get("RECOURSE_TEST_S3"):
        return "given"
    return "JVM" if shutil.which("java") and shutil.which("mvn") else None


@contextlib.contextmanager
def some_server() -> Iterator[S3Server]:
    if way() == "given":
        yield S3Server(os.environ["RECOURSE_TEST_S3"])
        return
    with tempfile.TemporaryDirectory(prefix="s3-") as directory:
        server = _launch(Path(directory))
        try:
            wait_until(lambda: _answers(server.endpoint), seconds=90, what="the S3 server to answer")
            yield server
        finally:
            assert server.process is not None
            server.process.kill()
            server.process.wait()


def _launch(directory: Path) -> S3Server:
    endpoint = f"http://127.0.0.1:{free_port()}"
    (directory / "objects").mkdir()
    settings = {
        "s3proxy.endpoint": endpoint,
        "s3proxy.authorization": "aws-v2-or-v4",
        "s3proxy.identity": CREDENTIALS["AWS_ACCESS_KEY_ID"],
        "s3proxy.credential": CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        "jclouds.provider": "filesystem-nio2",
        "jclouds.filesystem.basedir": str(directory / "objects"),
    }
    file = directory / "s3.properties"
    file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()), encoding="utf-8")
    heap = ("-Xmx192m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-DLOG_LEVEL=WARN")
    command = ("java", *heap, "-cp", f"{fetched(POM, JARS)}/*", "org.gaul.s3proxy.Main", "--properties", str(file))
    with (directory / "log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    return S3Server(endpoint, directory / "objects", process)


def _answers(endpoint: str) -> bool:
    try:
        httpx.get(endpoint)
    except httpx.TransportError:
        return False
    return True
