"""Takes evidence in, attaches it to complaints, hands it out; what is in a file is known to nobody without its key."""

import hashlib
import json
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from services.intake.domain.evidence import Evidence, EvidenceFile, EvidenceReference
from services.intake.request_errors import EvidenceNotFoundError, EvidenceTakenError
from shared.eventstore.cipher import MasterKey, decrypt, encrypt, new_key
from shared.eventstore.command import Step
from shared.eventstore.keys import KeyRing
from shared.eventstore.store import Reader, Row, Schema, StaleError, Store, Transaction
from shared.evidence.store import EvidenceMissingError, EvidenceStore, EvidenceUnavailableError

EVIDENCE = Schema(
    "evidence",
    (
        """CREATE TABLE IF NOT EXISTS {app}_evidence (
            evidence_id TEXT PRIMARY KEY, tenant TEXT NOT NULL, owner TEXT NOT NULL, kind TEXT NOT NULL,
            commitment TEXT NOT NULL, sealed_file BYTEA NOT NULL, wrapped_key BYTEA NOT NULL,
            complaint_id TEXT, party_id TEXT, uploaded_at TIMESTAMPTZ NOT NULL)""",
        "CREATE INDEX IF NOT EXISTS {app}_evidence_by_age ON {app}_evidence (complaint_id, uploaded_at)",
    ),
)


PARTS_OF_LETTERS = {"application/pdf": ("letter.pdf", ".pdf"), "message/rfc822": ("letter", ".eml")}
"""By media type, which part of a letter it is, and how its file name ends."""
LETTERS = "letters"
"""The owner of what was sent to complainants: only RecordDelivery attaches it."""


@dataclass(frozen=True)
class Uploaded:
    """A file as the desk knows it; `file` is None once the person whose it is was erased."""

    evidence_id: UUID
    tenant: str
    owner: str
    kind: str
    complaint_id: UUID | None
    uploaded_at: datetime
    file: EvidenceFile | None


@dataclass(frozen=True)
class Brought:
    """Evidence for one command, and the steps that attach it in the same append."""

    items: tuple[Evidence, ...] = ()
    steps: tuple[Step, ...] = ()


class Upload:
    """One file on its way in: every piece goes to the store, none stays here."""

    def __init__(self, evidence_id: UUID, files: EvidenceStore) -> None:
        self.evidence_id = evidence_id
        self.key = new_key()
        self._files = files
        self._sink = files.create(evidence_id, self.key)
        self._digest = hashlib.sha256()

    def write(self, piece: bytes) -> None:
        self._digest.update(piece)
        self._sink.write(piece)

    def finish(self, file_name: str, media_type: str) -> EvidenceFile:
        size = self._sink.finish()
        return EvidenceFile(
            self.evidence_id, file_name, media_type, size, self._digest.hexdigest(), secrets.token_hex(32)
        )

    def discard(self) -> None:
        """Throw the file away, finished or not."""
        self._sink.abort()
        self._files.delete(self.evidence_id)


class EvidenceDesk:
    def __init__(self, store: Store, master: MasterKey, keys: KeyRing, files: EvidenceStore) -> None:
        self._store = store
        self._master = master
        self._keys = keys
        self._files = files
        self._table = f"{store.application}_evidence"

    def begin(self, evidence_id: UUID) -> Upload:
        return Upload(evidence_id, self._files)

    def enter(self, upload: Upload, file: EvidenceFile, *, tenant: str, owner: str, kind: str) -> Step:
        """The step that makes a finished upload known; its key is wrapped by the master key until it is attached."""

        def step(transaction: Transaction) -> None:
            transaction.execute(
                f"INSERT INTO {self._table}"
                " (evidence_id, tenant, owner, kind, commitment, sealed_file, wrapped_key, uploaded_at)"
                " VALUES (:evidence_id, :tenant, :owner, :kind, :commitment, :sealed_file, :wrapped_key, :uploaded_at)",
                {
                    "evidence_id": str(upload.evidence_id),
                    "tenant": tenant,
                    "owner": owner,
                    "kind": kind,
                    "commitment": commitment(file),
                    "sealed_file": encrypt(upload.key, _json(file), place=upload.evidence_id.bytes),
                    "wrapped_key": self._master.wrap(upload.key, place=upload.evidence_id.bytes),
                    "uploaded_at": transaction.recorded_at,
                },
            )

        return step

    def find(self, evidence_id: UUID) -> Uploaded:
        """Raises EvidenceNotFoundError."""
        row = self._row(evidence_id)
        key = self._key(row)
        complaint_id = UUID(row["complaint_id"]) if row["complaint_id"] else None
        file = _file(decrypt(key, row["sealed_file"], place=evidence_id.bytes)) if key else None
        return Uploaded(evidence_id, row["tenant"], row["owner"], row["kind"], complaint_id, row["uploaded_at"], file)

    def read(self, evidence_id: UUID, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Yield the plain bytes of a file; raises EvidenceNotFoundError where its row or its key is gone.

        A file that is known here and is not where it should be is not lost: that place is not the one it was.
        """
        key = self._key(self._row(evidence_id))
        if key is None:
            raise EvidenceNotFoundError
        try:
            return self._files.read(evidence_id, key, start=start, end=end)
        except EvidenceMissingError as error:
            raise EvidenceUnavailableError(str(error)) from error

    def bring(
        self, evidence_ids: Sequence[UUID], *, tenant: str, owner: str, complaint_id: UUID, party_id: UUID
    ) -> Brought:
        """Take evidence for a command; what the complaint already has is taken again without harm."""
        items: list[Evidence] = []
        steps: list[Step] = []
        for evidence_id in dict.fromkeys(evidence_ids):
            uploaded = self.find(evidence_id)
            if uploaded.tenant != tenant or uploaded.owner != owner or uploaded.file is None:
                raise EvidenceNotFoundError(f"there is no evidence {evidence_id} that you may attach")
            if uploaded.complaint_id is None:
                steps.append(self._attach(evidence_id, complaint_id, party_id))
            elif uploaded.complaint_id != complaint_id:
                raise EvidenceTakenError
            reference = EvidenceReference(evidence_id, uploaded.kind, commitment(uploaded.file))
            items.append(Evidence(reference, uploaded.file))
        return Brought(tuple(items), tuple(steps))

    def _attach(self, evidence_id: UUID, complaint_id: UUID, party_id: UUID) -> Step:
        """The step that puts the file's key under the subject's key, so that erasing the one erases the other."""

        def step(transaction: Transaction) -> None:
            row = self._read_row(transaction, evidence_id)
            keys = self._keys.read(transaction, complaint_id)
            if party_id not in keys.known or row["complaint_id"] is not None:
                raise StaleError
            file_key = self._master.unwrap(row["wrapped_key"], place=evidence_id.bytes)
            transaction.execute(
                f"UPDATE {self._table} SET complaint_id = :complaint_id, party_id = :party_id, wrapped_key = :key"
                " WHERE evidence_id = :evidence_id",
                {
                    "complaint_id": str(complaint_id),
                    "party_id": str(party_id),
                    "key": keys.encrypt(party_id, file_key, place=evidence_id.bytes),
                    "evidence_id": str(evidence_id),
                },
            )

        return step

    def keep_letter(
        self, letter_id: UUID, content: bytes, media_type: str, *, tenant: str, complaint_id: UUID, party_id: UUID
    ) -> Uploaded:
        """Keep a letter as it is sent, once: a repeat returns what was kept first."""
        part, ending = PARTS_OF_LETTERS.get(media_type, ("letter", ""))
        evidence_id = uuid5(letter_id, part)
        try:
            return self.find(evidence_id)
        except EvidenceNotFoundError:
            upload = self.begin(evidence_id)
        upload.write(content)
        file = upload.finish(f"{letter_id}{ending}", media_type)
        with self._store.write() as transaction:
            self.enter(upload, file, tenant=tenant, owner=LETTERS, kind="letter")(transaction)
            self._attach(evidence_id, complaint_id, party_id)(transaction)
        return self.find(evidence_id)

    def destroy_unattached(self, older_than: timedelta) -> int:
        """Destroy what nobody attached in time: the key with its row, then the file; return how many."""
        with self._store.write() as transaction:
            rows = transaction.execute(
                f"DELETE FROM {self._table} WHERE complaint_id IS NULL AND uploaded_at < :before RETURNING evidence_id",
                {"before": transaction.recorded_at - older_than},
            )
            if rows:
                transaction.scrub()
        for row in rows:
            self._files.delete(UUID(row["evidence_id"]))
        return len(rows)

    def destroy_strays(self, older_than: timedelta) -> int:
        """Destroy files that no row knows: a crash came before the row, or after the row was destroyed."""
        with self._store.write() as transaction:
            before = transaction.recorded_at - older_than
        strays = [each for each in self._files.written_before(before) if not self._is_known(each)]
        for evidence_id in strays:
            self._files.delete(evidence_id)
        return len(strays)

    def _is_known(self, evidence_id: UUID) -> bool:
        try:
            self._row(evidence_id)
        except EvidenceNotFoundError:
            return False
        return True

    def _row(self, evidence_id: UUID) -> Row:
        with self._store.read() as reader:
            return self._read_row(reader, evidence_id)

    def _read_row(self, reader: Reader, evidence_id: UUID) -> Row:
        """Read in the transaction that attaches: an earlier command of the same batch may have been first."""
        sql = f"SELECT * FROM {self._table} WHERE evidence_id = :evidence_id"
        rows = reader.execute(sql, {"evidence_id": str(evidence_id)})
        if not rows:
            raise EvidenceNotFoundError
        return rows[0]

    def _key(self, row: Row) -> bytes | None:
        place = UUID(row["evidence_id"]).bytes
        if row["complaint_id"] is None:
            return self._master.unwrap(row["wrapped_key"], place=place)
        keys = self._keys.of_stream(UUID(row["complaint_id"]))
        return keys.decrypt(UUID(row["party_id"]), row["wrapped_key"], place=place)


def commitment(file: EvidenceFile) -> str:
    """SHA-256, hex, over salt and digest: proves the file to whoever has the salt, tells nothing to others."""
    return hashlib.sha256(bytes.fromhex(file.salt) + bytes.fromhex(file.digest)).hexdigest()


def _json(file: EvidenceFile) -> bytes:
    return json.dumps(asdict(file), default=str).encode()


def _file(text: bytes) -> EvidenceFile:
    fields = json.loads(text)
    return EvidenceFile(**{**fields, "evidence_id": UUID(fields["evidence_id"])})
