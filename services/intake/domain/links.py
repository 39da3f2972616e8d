"""How complaints belong together: duplicates, followers, and what is merely related."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from services.intake.domain import errors
from services.intake.domain.lifecycle import Stage
from services.intake.domain.outcome import Outcome
from services.intake.domain.provenance import Provenance


class LinkType(StrEnum):
    DUPLICATE = "duplicate"
    RELATED = "related"
    FOLLOWS = "follows"
    ABOUT_HANDLING_OF = "about_handling_of"


class Direction(StrEnum):
    """`outgoing`: this complaint is the duplicate, the follower; `incoming`: it is the primary, the followed."""

    OUTGOING = "outgoing"
    INCOMING = "incoming"


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """An earlier complaint that has something in common with a new one; `because` names the rules that found it."""

    other_id: UUID
    complainant: UUID
    is_open: bool
    because: tuple[str, ...]


class Links(Outcome):
    """The chapter of links; both complaints record each of them, in one append."""

    class Linked(Outcome.Event):
        TOPIC = "complaint.linked"
        link: LinkType
        direction: Direction
        other_id: UUID

        def apply(self, complaint: "Links") -> None:
            complaint.links[self.other_id] = (self.link, self.direction)
            complaint.link_proposals.pop(self.other_id, None)

    class Unlinked(Outcome.Event):
        TOPIC = "complaint.unlinked"
        link: LinkType
        direction: Direction
        other_id: UUID
        reason: str

        def apply(self, complaint: "Links") -> None:
            complaint.links.pop(self.other_id, None)

    class LinkProposed(Outcome.Event):
        TOPIC = "complaint.link_proposed"
        link: LinkType
        other_id: UUID
        because: tuple[str, ...]

        def apply(self, complaint: "Links") -> None:
            complaint.link_proposals[self.other_id] = self.link

    class LinkProposalDismissed(Outcome.Event):
        TOPIC = "complaint.link_proposal_dismissed"
        other_id: UUID
        reason: str
        reason_text: str | None

        def apply(self, complaint: "Links") -> None:
            complaint.link_proposals.pop(self.other_id, None)

    def __init__(self) -> None:
        super().__init__()
        self.link_proposals: dict[UUID, LinkType] = {}
        self.links: dict[UUID, tuple[LinkType, Direction]] = {}

    @property
    def has_links(self) -> bool:
        return bool(self.links)

    @property
    def has_link_proposals(self) -> bool:
        return bool(self.link_proposals)

    @property
    def duplicates(self) -> tuple[UUID, ...]:
        """The complaints that closed as duplicates of this one."""
        primary = (LinkType.DUPLICATE, Direction.INCOMING)
        return tuple(sorted(other for other, link in self.links.items() if link == primary))

    def record_link(self, link: LinkType, direction: Direction, other_id: UUID, *, by: Provenance) -> None:
        self._record(self.Linked, by, link=link, direction=direction, other_id=other_id)

    def record_unlink(self, other_id: UUID, *, reason: str, by: Provenance) -> None:
        link, direction = self.links[other_id]
        self._record(self.Unlinked, by, link=link, direction=direction, other_id=other_id, reason=reason)

    def propose_link(self, like: Likeness, *, by: Provenance) -> None:
        """Ask a handler to look at another complaint; never links by itself, and tells no complainant."""
        if like.other_id in self.links:
            return
        is_theirs = like.complainant == self.complainant
        link = (LinkType.DUPLICATE if like.is_open else LinkType.FOLLOWS) if is_theirs else LinkType.RELATED
        self._record(self.LinkProposed, by, link=link, other_id=like.other_id, because=like.because)

    def dismiss_link_proposal(
        self, other_id: UUID, *, reason: str, reason_text: str | None = None, by: Provenance
    ) -> None:
        """Say that the two do not belong together; the same pair is never proposed again."""
        self.permit("dismiss-link-proposal", by)
        if other_id not in self.link_proposals:
            raise errors.LinkProposalUnknownError
        self._record(self.LinkProposalDismissed, by, other_id=other_id, reason=reason, reason_text=reason_text)


def link(one: Links, other: Links, link_type: LinkType, *, by: Provenance) -> None:
    """Link two complaints as a handler; of duplicates the one received later closes."""
    one.permit("link", by)
    if one.id == other.id or one.tenant != other.tenant or other.id in one.links:
        raise errors.LinkRefusedError
    if link_type == LinkType.DUPLICATE:
        _link_duplicates(one, other, by)
    else:
        join(one, other, link_type, by=by)


def join(one: Links, other: Links, link_type: LinkType, *, by: Provenance) -> None:
    """Record a link that ends nothing; only `related` may join different complainants."""
    if link_type != LinkType.RELATED and one.complainant != other.complainant:
        raise errors.LinkRefusedError("complaints of different complainants can only be related")
    one.record_link(link_type, Direction.OUTGOING, other.id, by=by)
    other.record_link(link_type, Direction.INCOMING, one.id, by=by)


def unlink(one: Links, other: Links, *, reason: str, by: Provenance) -> None:
    """Take a link back; a duplicate begins again at its original dates."""
    one.permit("unlink", by)
    if other.id not in one.links:
        raise errors.LinkUnknownError
    for complaint, counterpart in ((one, other), (other, one)):
        complaint.record_unlink(counterpart.id, reason=reason, by=by)
    for complaint, counterpart in ((one, other), (other, one)):
        if complaint.duplicate_of == counterpart.id:
            complaint.reopen_duplicate(reason="unlinked", by=complaint.following(by))


def reopen_duplicates(primary: Links, duplicates: tuple[Links, ...], *, by: Provenance) -> None:
    """Reopen what closed as a duplicate of a complaint that was withdrawn or declined."""
    for duplicate in duplicates:
        if duplicate.duplicate_of == primary.id:
            duplicate.reopen_duplicate(reason="primary-ended", by=primary.following(by))


def _link_duplicates(one: Links, other: Links, by: Provenance) -> None:
    if one.complainant != other.complainant or {one.stage, other.stage} != {Stage.OPEN}:
        raise errors.DuplicateRefusedError
    primary, duplicate = sorted((one, other), key=lambda complaint: (complaint.received_at, complaint.id))
    duplicate.record_link(LinkType.DUPLICATE, Direction.OUTGOING, primary.id, by=by)
    primary.record_link(LinkType.DUPLICATE, Direction.INCOMING, duplicate.id, by=by)
    duplicate.close_as_duplicate(primary.id, by=by)
