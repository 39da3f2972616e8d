"""Whom the complaint waits for: the complainant, or a third party; both at once if need be."""

from uuid import UUID

from services.intake.domain import errors
from services.intake.domain.evidence import Evidence, EvidenceFile, EvidenceReference, files, references
from services.intake.domain.provenance import Provenance
from services.intake.domain.stream import ComplaintStream


class Waiting(ComplaintStream):
    """The chapter of requests for information and of third parties."""

    class InformationRequested(ComplaintStream.Event):
        TOPIC = "complaint.information_requested"
        request_id: UUID
        items: tuple[str, ...]
        text: str | None

        def apply(self, complaint: "Waiting") -> None:
            complaint.worked_on = True
            complaint.open_requests.add(self.request_id)

    class InformationProvided(ComplaintStream.Event):
        TOPIC = "complaint.information_provided"
        request_ids: tuple[UUID, ...]
        evidence: tuple[EvidenceReference, ...]
        evidence_files: tuple[EvidenceFile, ...] | None
        text: str | None

        def apply(self, complaint: "Waiting") -> None:
            complaint.open_requests.difference_update(self.request_ids)

    class ThirdPartyAwaited(ComplaintStream.Event):
        TOPIC = "complaint.third_party_awaited"
        wait_id: UUID
        third_party: str
        text: str | None

        def apply(self, complaint: "Waiting") -> None:
            complaint.worked_on = True
            complaint.third_party_waits.add(self.wait_id)

    class ThirdPartyAnswered(ComplaintStream.Event):
        TOPIC = "complaint.third_party_answered"
        wait_id: UUID
        text: str | None

        def apply(self, complaint: "Waiting") -> None:
            complaint.third_party_waits.discard(self.wait_id)

    def __init__(self) -> None:
        super().__init__()
        self.open_requests: set[UUID] = set()
        self.third_party_waits: set[UUID] = set()

    @property
    def has_open_request(self) -> bool:
        return bool(self.open_requests)

    @property
    def has_open_third_party_wait(self) -> bool:
        return bool(self.third_party_waits)

    def stop_waiting(self) -> None:
        """Fold the end of every wait; called by the events that resolve or end a complaint."""
        self.open_requests.clear()
        self.third_party_waits.clear()

    def request_information(
        self, request_id: UUID, *, items: tuple[str, ...], text: str | None = None, by: Provenance
    ) -> None:
        """Ask the complainant; `items` are codes of the guidance."""
        self.permit("request-information", by)
        self._record(self.InformationRequested, by, request_id=request_id, items=items, text=text)

    def provide_information(
        self,
        *,
        request_id: UUID | None = None,
        text: str | None = None,
        evidence: tuple[Evidence, ...] = (),
        by: Provenance,
    ) -> None:
        """Answer one open request, or all of them where none is named."""
        self.permit("provide-information", by)
        if request_id is not None and request_id not in self.open_requests:
            raise errors.NoOpenRequestError
        answered = (request_id,) if request_id else tuple(sorted(self.open_requests))
        self._record(
            self.InformationProvided,
            by,
            request_ids=answered,
            text=text,
            evidence=references(evidence),
            evidence_files=files(evidence),
        )

    def await_third_party(self, wait_id: UUID, *, third_party: str, text: str | None = None, by: Provenance) -> None:
        self.permit("await-third-party", by)
        self._record(self.ThirdPartyAwaited, by, wait_id=wait_id, third_party=third_party, text=text)

    def record_third_party_answer(
        self, *, wait_id: UUID | None = None, text: str | None = None, by: Provenance
    ) -> None:
        """End one wait; it may stay unnamed where only one is open."""
        self.permit("record-third-party-answer", by)
        if wait_id is None and len(self.third_party_waits) == 1:
            (wait_id,) = self.third_party_waits
        if wait_id not in self.third_party_waits:
            raise errors.NoOpenWaitError
        self._record(self.ThirdPartyAnswered, by, wait_id=wait_id, text=text)
