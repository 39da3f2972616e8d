"""What the topics of a cluster must be like, how they differ from that, and how each difference is mended."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from shared.contracts.topics import Topic
from shared.messaging.log import MOST_BYTES

FOR_EVER = "-1"


@dataclass(frozen=True)
class Found:
    """A topic as the cluster has it."""

    partitions: int
    replication: int
    configuration: Mapping[str, str]


def configuration(topic: Topic, replication: int) -> dict[str, str]:
    """The configuration of a topic: one copy may be missing, and a write still waits for two where there are three."""
    return {
        "cleanup.policy": "compact" if topic.compacted else "delete",
        "retention.ms": FOR_EVER,
        "retention.bytes": FOR_EVER,
        "min.insync.replicas": str(max(1, replication - 1)),
        "max.message.bytes": str(2 * MOST_BYTES),
    }


def difference(topic: Topic, name: str, found: Found | None, bootstrap: str) -> Iterator[str]:
    """Say what is wrong with one topic, and how to mend it."""
    if found is None:
        yield f"{name} does not exist; make it with `recourse topics create`"
        return
    if found.partitions != topic.partitions:
        yield (
            f"{name} has {found.partitions} partitions, not {topic.partitions}; the number can never change, because"
            " the order of each complaint hangs on it: choose another RECOURSE_KAFKA_PREFIX, or delete it while empty"
        )
    wanted = configuration(topic, found.replication)
    wrong = {each: value for each, value in wanted.items() if found.configuration.get(each) != value}
    if wrong:
        now = ", ".join(f"{each}={found.configuration.get(each)}" for each in wrong)
        mended = ",".join(f"{each}={value}" for each, value in wrong.items())
        yield (
            f"{name} has {now}; mend it with `kafka-configs.sh --bootstrap-server {bootstrap} --alter"
            f" --entity-type topics --entity-name {name} --add-config {mended}`"
        )
