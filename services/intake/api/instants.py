"""The instant of an as-of question."""

from datetime import UTC, datetime

from services.intake.api.problems import AsOfError

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)  # nothing was recorded before; the year 1 has no instant in UTC


def read_as_of(text: str | None, now: datetime) -> datetime | None:
    """Read an ISO 8601 instant with offset, not in the future; raises AsOfError."""
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise AsOfError(f"as_of is no instant: {text!r}; in a URL write + as %2B") from error
    if instant.tzinfo is None:
        raise AsOfError(f"as_of needs an offset such as Z or +08:00, got {text!r}")
    if instant > now:
        raise AsOfError(f"as_of lies in the future, now is {now.isoformat()}")
    return max(instant, BEGINNING).astimezone(UTC)
