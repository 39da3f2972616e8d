"""A real Kafka broker: one that is given, one in Docker, or one on the local JVM."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from shared.messaging.kafka.access import KafkaAccess
from shared.messaging.kafka.cluster import Cluster
from shared.messaging.log import LogUnavailableError
from tests.deploy.engine import starts_containers
from tests.maven import fetched
from tests.waiting import wait_until

ROOT = Path(__file__).parent.parent
POM = ROOT / "deploy" / "kafka" / "pom.xml"
JARS = ROOT / ".kafka" / "lib"
IMAGE = "apache/kafka:4.3.0"
CLUSTER_ID = "4L6g3nShT-eMCtK--X86sw"
HEAP = ("-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
START_SECONDS = 90


class Broker(Protocol):
    """One broker that a test may stop, kill and start again; its records survive."""

    @property
    def bootstrap(self) -> str: ...

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def kill(self) -> None: ...


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def answers(bootstrap: str) -> bool:
    """Ask the broker itself: Docker accepts connections before there is one."""
    cluster = Cluster(KafkaAccess(bootstrap=(bootstrap,)), {})
    try:
        cluster.require()
    except LogUnavailableError:
        return False
    finally:
        cluster.close()
    return True


@dataclass
class JvmBroker(Broker):
    """A broker and its controller in one JVM, on loopback, stopped by its process id."""

    directory: Path
    port: int
    controller_port: int
    node_id: int = 1
    voters: str = ""
    replication: int = 1
    settings: Mapping[str, str] = field(default_factory=dict)
    scram: Sequence[str] = ()
    process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        self.launch()
        wait_until(self._is_up, seconds=START_SECONDS, what=f"the broker: see {self.directory / 'broker.log'}")

    def launch(self) -> None:
        """Begin to start: a node of several is ready only when a majority is."""
        if not self._properties.exists():
            self._format()
        with (self.directory / "broker.log").open("ab") as log:
            command = self._java("kafka.Kafka", str(self._properties))
            self.process = subprocess.Popen(command, stdout=log, stderr=log)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def send(self, number: signal.Signals) -> None:
        """SIGSTOP and SIGCONT make a broker that is there and does not answer."""
        assert self.process is not None
        self.process.send_signal(number)

    def _end(self, number: signal.Signals) -> None:
        if self.process is None:
            return
        self.process.send_signal(number)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def _is_up(self) -> bool:
        if self.process is None or self.process.poll() is not None:
            log = (self.directory / "broker.log").read_text(encoding="utf-8", errors="replace")
            raise RuntimeError(f"the broker ended: {log[-2000:]}")
        return answers(self.bootstrap)

    @property
    def _properties(self) -> Path:
        return self.directory / "server.properties"

    def _format(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        text = "".join(f"{name}={value}\n" for name, value in self._configuration().items())
        self._properties.write_text(text, encoding="utf-8")
        users = [part for user in self.scram for part in ("--add-scram", user)]
        tool = self._java("kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(self._properties), *users)
        subprocess.run(tool, check=True, capture_output=True, timeout=START_SECONDS)

    def _configuration(self) -> dict[str, str]:
        listeners = f"PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{self.controller_port}"
        replication, in_sync = str(self.replication), str(max(1, self.replication - 1))
        return {
            "process.roles": "broker,controller",
            "node.id": str(self.node_id),
            "controller.quorum.voters": self.voters or f"1@127.0.0.1:{self.controller_port}",
            "listeners": listeners,
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{self.port}",
            "controller.listener.names": "CONTROLLER",
            "log.dirs": str(self.directory / "logs"),
            "broker.session.timeout.ms": "3000",
            "broker.heartbeat.interval.ms": "500",
            "num.network.threads": "2",
            "num.io.threads": "4",
            "offsets.topic.replication.factor": replication,
            "offsets.topic.num.partitions": "4",
            "transaction.state.log.replication.factor": replication,
            "transaction.state.log.min.isr": in_sync,
            "share.coordinator.state.topic.replication.factor": replication,
            "share.coordinator.state.topic.min.isr": in_sync,
            "group.initial.rebalance.delay.ms": "0",
            "auto.create.topics.enable": "false",
            **self.settings,
        }

    def _java(self, *arguments: str) -> Sequence[str]:
        logging = f"-Dlog4j2.configurationFile={POM.parent / 'log4j2.xml'}"
        return ("java", *HEAP, logging, "-cp", f"{fetched(POM, JARS)}/*", *arguments)


def jvm_broker(directory: Path, settings: Mapping[str, str] | None = None) -> JvmBroker:
    port, controller_port = free_ports(2)
    return JvmBroker(directory, port, controller_port, settings=settings or {})


def jvm_cluster(directory: Path, size: int = 3) -> list[JvmBroker]:
    """Nodes with a common quorum; the caller launches them."""
    ports = free_ports(2 * size)
    voters = ",".join(f"{node}@127.0.0.1:{ports[size + node - 1]}" for node in range(1, size + 1))
    return [
        JvmBroker(directory / str(node), ports[node - 1], ports[size + node - 1], node, voters, replication=size)
        for node in range(1, size + 1)
    ]


class DockerBroker(Broker):
    """The official image, on a host port that is chosen first and stays."""

    def __init__(self) -> None:
        from testcontainers.core.container import DockerContainer  # noqa: PLC0415 - needs an engine to import well

        (self._port,) = free_ports(1)
        container = DockerContainer(IMAGE).with_bind_ports(9092, self._port)
        for name, value in _image_environment(self.bootstrap).items():
            container.with_env(name, value)
        self._container = container
        self._created = False

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self._port}"

    def start(self) -> None:
        if self._created:
            self._container.get_wrapped_container().start()
        else:
            self._container.start()
            self._created = True
        wait_until(lambda: answers(self.bootstrap), seconds=START_SECONDS, what="the broker's container")

    def stop(self) -> None:
        self._container.get_wrapped_container().stop()

    def kill(self) -> None:
        self._container.get_wrapped_container().kill()

    def remove(self) -> None:
        self._container.stop()


def _image_environment(bootstrap: str) -> dict[str, str]:
    return {
        "KAFKA_NODE_ID": "1",
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_LISTENERS": "PLAINTEXT://:9092,CONTROLLER://:9093",
        "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://{bootstrap}",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS": "4",
        "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
    }


def has_jvm() -> bool:
    """Whether a broker of a test's own can run here."""
    return bool(shutil.which("java") and shutil.which("mvn"))


def way() -> str | None:
    """How this machine gets a broker; None where it cannot."""
    if os.environ.get("RECOURSE_TEST_KAFKA"):
        return "given"
    if starts_containers():
        return "Docker"
    return "JVM" if has_jvm() else None


@contextlib.contextmanager
def some_broker(by: str | None = None) -> Iterator[str]:
    """Yield the address of a broker that is up, by the first way that this machine has, or by this one."""
    match by or way():
        case "given":
            yield os.environ["RECOURSE_TEST_KAFKA"]
        case "Docker":
            container = DockerBroker()
            container.start()
            try:
                yield container.bootstrap
            finally:
                container.remove()
        case _:
            with tempfile.TemporaryDirectory(prefix="kafka-") as directory:
                broker = jvm_broker(Path(directory))
                broker.start()
                try:
                    yield broker.bootstrap
                finally:
                    broker.kill()
