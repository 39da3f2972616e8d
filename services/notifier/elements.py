"""Whether a letter tells what its policies ask for: in its template, and in the values of this complaint."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.notifier.rendering import LoadedTemplate, TemplateError, Templates, TemplateUnknownError
from shared.contracts.letters import MEANING, Element

Values = Mapping[str, Any]


@dataclass(frozen=True)
class LetterRule:
    """What one policy asks of one kind of letter, for tenants that chose the policy."""

    tenant: str
    policy: str
    kind: str
    elements: tuple[Element, ...]


class LettersIncompleteError(TemplateError):
    """A template lacks what a policy asks for: nothing is started that would have to send incomplete letters."""


def _said(name: str) -> Callable[[Values], bool]:
    return lambda values: bool(values[name])


def _by_template(_: Values) -> bool:
    return True


def _points_are_answered(values: Values) -> bool:
    decision = values["decision"]
    return bool(decision) and all(each["answer"] for each in decision["points"])


def _remedies_are_dated(values: Values) -> bool:
    """A decision may promise nothing; what it promises has a date."""
    decision = values["decision"]
    return bool(decision) and all(each.get("due_on") for each in decision["remedies"])


def _reasons_are_given(values: Values) -> bool:
    if values["kind"] in {"final", "summary"}:
        return bool(values["decision"]) and bool(values["decision"]["explanation"])
    return bool(values["text"] or values["more_time"])


def _bodies_have_addresses(values: Values) -> bool:
    ways = ("address", "website", "phone")
    return bool(values["bodies"]) and all(any(body[way] for way in ways) for body in values["bodies"])


def _date_is_new(values: Values) -> bool:
    return bool(values["more_time"]) and bool(values["more_time"]["due_on"])


IS_THERE: Mapping[Element, Callable[[Values], bool]] = {
    Element.COMPLAINT_NUMBER: _said("number"),
    Element.RECEIVED_ON: _said("received_on"),
    Element.CONTACT: _said("tenant_contact"),
    Element.LIMITS: _said("promises"),
    Element.OUTCOME: _said("decision"),
    Element.POINTS: _points_are_answered,
    Element.REASONS: _reasons_are_given,
    Element.REMEDIES: _remedies_are_dated,
    Element.NEW_DATE: _date_is_new,
    Element.RIGHT_TO_REFER: _said("bodies"),
    Element.BODY_ADDRESS: _bodies_have_addresses,
    Element.REFER_BY: _said("refer_by"),
    Element.FINAL_RESPONSE: _by_template,
    Element.RESOLVED: _by_template,
    Element.WAIVER: _by_template,
    Element.PROVISIONAL_CREDIT: _said("text"),
    Element.DOCUMENTS_ON_REQUEST: _by_template,
}
"""By element, when the values of a letter hold it; some are words of the template alone."""


def missing(template: LoadedTemplate, required: Iterable[str], values: Values) -> tuple[str, ...]:
    """The required elements that the template does not render, or that have no value."""
    asked = [Element(code) for code in required]
    return tuple(each for each in asked if each not in template.elements or not IS_THERE[each](values))


def require_complete(templates: Templates, rules: Sequence[LetterRule], languages: Mapping[str, Sequence[str]]) -> None:
    """Refuse templates that lack what a policy asks for; raises LettersIncompleteError with a line for each."""
    asked = [(rule, language) for rule in rules for language in languages[rule.tenant]]
    wrong = [line for rule, language in asked for line in _lacks(templates, rule, language)]
    if wrong:
        raise LettersIncompleteError("\n".join(dict.fromkeys(wrong)))


def _lacks(templates: Templates, rule: LetterRule, language: str) -> list[str]:
    try:
        template = templates.for_letters(rule.kind, language, rule.tenant)
    except TemplateUnknownError as error:
        return [f"tenant {rule.tenant}: {error}, which policy {rule.policy} asks for"]
    return [
        f"{template.file}: policy {rule.policy} asks letters of kind {rule.kind} for {each} ({MEANING[each]}),"
        " and the template does not render it"
        for each in rule.elements
        if each not in template.elements
    ]
