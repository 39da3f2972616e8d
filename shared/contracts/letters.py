"""What letters must say: policies ask for these elements, templates declare which of them they render."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Element(StrEnum):
    """Something that a letter has to tell; the docstrings of a law's list, in one vocabulary."""

    COMPLAINT_NUMBER = "complaint-number"
    RECEIVED_ON = "received-on"
    CONTACT = "contact"
    LIMITS = "limits"
    OUTCOME = "outcome"
    POINTS = "points"
    REASONS = "reasons"
    REMEDIES = "remedies"
    NEW_DATE = "new-date"
    RIGHT_TO_REFER = "right-to-refer"
    BODY_ADDRESS = "body-address"
    REFER_BY = "refer-by"
    FINAL_RESPONSE = "final-response"
    RESOLVED = "resolved"
    WAIVER = "waiver"
    PROVISIONAL_CREDIT = "provisional-credit"
    DOCUMENTS_ON_REQUEST = "documents-on-request"


MEANING: Mapping[Element, str] = MappingProxyType(
    {
        Element.COMPLAINT_NUMBER: "the number of the complaint",
        Element.RECEIVED_ON: "the date on which the complaint was received",
        Element.CONTACT: "where to write to about it",
        Element.LIMITS: "every limit that runs, with its date",
        Element.OUTCOME: "the decision",
        Element.POINTS: "the decision on every point that was raised",
        Element.REASONS: "the reasons",
        Element.REMEDIES: "every remedy with its date",
        Element.NEW_DATE: "the new date by which the answer comes",
        Element.RIGHT_TO_REFER: "the right to turn to an outside body, and its name",
        Element.BODY_ADDRESS: "where that body is reached",
        Element.REFER_BY: "the last day on which to turn to it",
        Element.FINAL_RESPONSE: "that this is the final response",
        Element.RESOLVED: "that a complaint was made and is considered resolved",
        Element.WAIVER: "whether the wallet consents to waive the body's time limits",
        Element.PROVISIONAL_CREDIT: "the provisional credit, its amount and date",
        Element.DOCUMENTS_ON_REQUEST: "that the documents relied on can be asked for",
    }
)

FORMER_NAMES: Mapping[str, Element] = MappingProxyType(
    {
        "adr-body": Element.RIGHT_TO_REFER,
        "afca-contact": Element.BODY_ADDRESS,
        "expected-date": Element.NEW_DATE,
        "fdrc": Element.RIGHT_TO_REFER,
        "fidrec": Element.RIGHT_TO_REFER,
        "findings": Element.REASONS,
        "hkma": Element.RIGHT_TO_REFER,
        "ombudsman": Element.RIGHT_TO_REFER,
        "points-answered": Element.POINTS,
        "receipt-date": Element.RECEIVED_ON,
        "remedies-if-not-upheld": Element.REMEDIES,
        "review-by-higher-office": Element.RIGHT_TO_REFER,
        "right-to-afca": Element.RIGHT_TO_REFER,
        "steps-taken": Element.REASONS,
        "time-limit": Element.REFER_BY,
        "time-limits": Element.LIMITS,
    }
)
"""How the first versions of the shipped policies wrote them: complaints that those promised for still run."""

ACKNOWLEDGEMENT = "acknowledgement"


class ElementUnknownError(ValueError):
    """A policy or a template names an element that no letter can render."""


def known_element(code: str) -> str:
    """Return the code of an element, of today or of before; raises ElementUnknownError."""
    if code not in FORMER_NAMES and code not in set(Element):
        raise ElementUnknownError(f"there is no element {code!r}; known are {', '.join(sorted(Element))}")
    return code


def element_of(code: str, kind: str) -> Element:
    """Read an element of a letter of some kind; raises ElementUnknownError."""
    if kind == ACKNOWLEDGEMENT and code == "time-limit":  # of the answer, where other kinds meant the body's
        return Element.LIMITS
    return FORMER_NAMES.get(code) or Element(known_element(code))
