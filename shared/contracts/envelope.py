"""The envelope of a message: CloudEvents 1.0 in binary mode, one header per attribute."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

CONTENT_TYPE = b"application/json"
Headers = tuple[tuple[str, bytes], ...]


class MalformedEnvelopeError(ValueError):
    """A message lacks an attribute of the envelope, or one cannot be read."""


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """What every message says of itself; `sequence` is the notification id in its sender's store."""

    id: UUID
    source: str
    type: str
    subject: str
    occurred_at: datetime
    recorded_at: datetime
    tenant: str
    stream_id: UUID
    version: int
    sequence: int
    causation_id: UUID | None
    correlation_id: UUID
    actor_type: str
    digest: str

    @property
    def application(self) -> str:
        """The service that wrote the message."""
        return self.source.rpartition("/")[2]

    def headers(self) -> Headers:
        subject = self.subject.encode()
        caused = (("ce_causationid", str(self.causation_id).encode()),) if self.causation_id is not None else ()
        return (
            ("ce_specversion", b"1.0"),
            ("ce_id", str(self.id).encode()),
            ("ce_source", self.source.encode()),
            ("ce_type", self.type.encode()),
            ("ce_subject", subject),
            ("ce_time", _instant(self.occurred_at).encode()),
            ("ce_partitionkey", subject),
            ("ce_tenant", self.tenant.encode()),
            ("ce_streamid", str(self.stream_id).encode()),
            ("ce_streamversion", str(self.version).encode()),
            ("ce_sequence", str(self.sequence).encode()),
            ("ce_recordedat", _instant(self.recorded_at).encode()),
            ("ce_correlationid", str(self.correlation_id).encode()),
            ("ce_actortype", self.actor_type.encode()),
            ("ce_eventdigest", self.digest.encode()),
            ("content-type", CONTENT_TYPE),
            *caused,
        )

    @classmethod
    def from_headers(cls, headers: Iterable[tuple[str, bytes]]) -> "Envelope":
        """Read an envelope back; raises MalformedEnvelopeError."""
        try:
            return cls._parse({name: value.decode() for name, value in headers})
        except (KeyError, ValueError) as error:
            raise MalformedEnvelopeError(f"{type(error).__name__}: {error}") from error

    @classmethod
    def _parse(cls, attributes: Mapping[str, str]) -> "Envelope":
        causation = attributes.get("ce_causationid")
        return cls(
            id=UUID(attributes["ce_id"]),
            source=attributes["ce_source"],
            type=attributes["ce_type"],
            subject=attributes["ce_subject"],
            occurred_at=datetime.fromisoformat(attributes["ce_time"]),
            recorded_at=datetime.fromisoformat(attributes["ce_recordedat"]),
            tenant=attributes["ce_tenant"],
            stream_id=UUID(attributes["ce_streamid"]),
            version=int(attributes["ce_streamversion"]),
            sequence=int(attributes["ce_sequence"]),
            causation_id=UUID(causation) if causation else None,
            correlation_id=UUID(attributes["ce_correlationid"]),
            actor_type=attributes["ce_actortype"],
            digest=attributes["ce_eventdigest"],
        )


def event_id(stream_id: UUID, stream_type: str, version: int) -> UUID:
    """The id of an event and of its fact: stable over republishing, restore and a move to another store."""
    return uuid5(stream_id, f"{stream_type}:{version}")


def event_digest(
    *,
    stream_id: UUID,
    version: int,
    stored_name: str,
    recorded_at: datetime,
    public: bytes,
    ciphertext_digests: Iterable[bytes],
) -> str:
    """SHA-256, hex, over these parts, each preceded by its length in four bytes.

    `public` is RFC 8785 JSON; the digests of the personal ciphertexts are ordered by party id.
    """
    digest = hashlib.sha256()
    head = (str(stream_id), str(version), stored_name, _instant(recorded_at))
    for part in (*(text.encode() for text in head), public, *ciphertext_digests):
        digest.update(len(part).to_bytes(4, "big"))
        digest.update(part)
    return digest.hexdigest()


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")
