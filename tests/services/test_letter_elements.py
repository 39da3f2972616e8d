"""What letters must say: policies and templates speak one vocabulary, and nothing starts that could not say it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from services.escalation.policy_files import PolicyFileError, load_book
from services.notifier.elements import LetterRule, LettersIncompleteError, missing, require_complete
from services.notifier.rendering import DIRECTORY, TemplateError, Templates, TemplateUnknownError
from shared.contracts.letters import FORMER_NAMES, MEANING, Element, ElementUnknownError, element_of
from tests.services.packs import PACKS

LANGUAGES = {"default": ("zh-CN", "en")}
HEAD = "version: house-1\nkinds: final\nelements: {elements}\nsubject: {{{{ number }}}}\n---\n{{{{ text }}}}"
DECISION: dict[str, Any] = {"outcome": "upheld", "explanation": "so", "points": (), "remedies": ()}
FULL: Mapping[str, Any] = {
    "kind": "final",
    "number": "7K3M",
    "received_on": "2025-09-26",
    "tenant_contact": "complaints@wallet.example",
    "promises": [{"clock": "final"}],
    "decision": DECISION,
    "text": "words",
    "more_time": {"reason": "beyond control", "text": "", "due_on": "2025-10-10"},
    "bodies": [{"name": "Ombudsman", "address": "London", "website": "", "phone": ""}],
    "refer_by": "2026-04-10",
}


def rule(*elements: Element, kind: str = "final") -> LetterRule:
    return LetterRule("default", "a-policy", kind, elements)


def own(directory: Path, text: str, *, language: str = "en", name: str = "final") -> Templates:
    (directory / language).mkdir(parents=True, exist_ok=True)
    (directory / language / f"{name}.txt").write_text(text, encoding="utf-8")
    return Templates(own={"default": directory})


def lacking(*elements: Element, kind: str = "final", **changes: Any) -> tuple[str, ...]:
    template = Templates().for_letters(kind, "en")
    return missing(template, elements or sorted(template.elements), {**FULL, "kind": kind, **changes})


def test_every_element_has_its_meaning_and_every_former_name_an_element() -> None:
    assert MEANING.keys() == set(Element)
    assert {element_of(code, "final") for code in FORMER_NAMES} <= set(Element)


def test_of_an_acknowledgement_the_time_limit_was_that_of_the_answer() -> None:
    assert element_of("time-limit", "acknowledgement") == Element.LIMITS
    assert element_of("time-limit", "final") == Element.REFER_BY


def test_an_element_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ElementUnknownError, match="there is no element 'poem'; known are body-address, "):
        element_of("poem", "final")


def test_a_policy_that_asks_for_an_unknown_element_is_refused_with_its_line(tmp_path: Path) -> None:
    shipped = (Path(__file__).parents[2] / "services/escalation/policies/seed-default.toml").read_text("utf-8")
    (tmp_path / "mine.toml").write_text(shipped.replace('"limits"', '"poem"'), encoding="utf-8")
    with pytest.raises(PolicyFileError, match=r"mine\.toml:\d+: letter\.0\.elements\.3: there is no element 'poem'"):
        load_book([], tmp_path)


def test_the_shipped_templates_say_what_every_shipped_policy_asks_for() -> None:
    rules = [
        LetterRule(
            "default", policy.name, letter.kind, tuple(element_of(each, letter.kind) for each in letter.elements)
        )
        for policy in PACKS.values()
        for letter in policy.letters
    ]
    assert len(rules) > 20
    require_complete(Templates(), rules, LANGUAGES)


def test_every_statutory_policy_with_a_letter_asks_for_something_in_it() -> None:
    empty = [(name, letter.kind) for name, policy in PACKS.items() for letter in policy.letters if not letter.elements]
    assert empty == []


def test_a_template_that_lacks_what_a_policy_asks_for_is_named_with_the_element(tmp_path: Path) -> None:
    templates = own(tmp_path, HEAD.format(elements="complaint-number"))
    with pytest.raises(LettersIncompleteError) as refused:
        require_complete(templates, [rule(Element.COMPLAINT_NUMBER, Element.REASONS)], {"default": ("en",)})
    (line,) = str(refused.value).splitlines()
    assert line.startswith(f"{tmp_path / 'en' / 'final.txt'}: policy a-policy asks letters of kind final for reasons")


def test_a_kind_of_letter_without_a_template_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        LettersIncompleteError, match="no template for letters of kind final in fr, which policy a-poli"
    ):
        require_complete(Templates(), [rule()], {"default": ("fr",)})


def test_a_full_letter_lacks_nothing() -> None:
    assert lacking() == ()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"number": ""}, {"complaint-number"}),
        ({"received_on": ""}, {"received-on"}),
        ({"tenant_contact": ""}, {"contact"}),
        ({"decision": None}, {"outcome", "points", "reasons", "remedies"}),
        ({"decision": {**DECISION, "explanation": ""}}, {"reasons"}),
        ({"decision": {**DECISION, "points": ({"point": "a", "answer": ""},)}}, {"points"}),
        ({"decision": {**DECISION, "remedies": ({"kind": "refund", "due_on": None},)}}, {"remedies"}),
        ({"bodies": []}, {"right-to-refer", "body-address"}),
        ({"bodies": [{"name": "Somebody", "address": "", "website": "", "phone": ""}]}, {"body-address"}),
        ({"refer_by": ""}, {"refer-by"}),
    ],
)
def test_a_final_letter_lacks_what_has_no_value(changes: dict[str, Any], expected: set[str]) -> None:
    assert set(lacking(**changes)) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"more_time": None}, {"new-date"}),
        ({"more_time": {"reason": "so", "text": "", "due_on": ""}}, {"new-date"}),
        ({"more_time": None, "text": ""}, {"new-date", "reasons", "provisional-credit"}),
    ],
)
def test_a_holding_letter_lacks_reason_and_new_date(changes: dict[str, Any], expected: set[str]) -> None:
    assert set(lacking(kind="holding", **changes)) == expected


def test_an_acknowledgement_lacks_limits_that_nobody_promised() -> None:
    assert lacking(Element.LIMITS, kind="acknowledgement", promises=[]) == ("limits",)


def test_what_the_template_does_not_render_is_missing_whatever_its_value() -> None:
    assert lacking(Element.OUTCOME, kind="acknowledgement") == ("outcome",)


def test_a_tenants_own_template_comes_first_and_the_shipped_one_stays_readable(tmp_path: Path) -> None:
    templates = own(tmp_path, HEAD.format(elements="reasons"))
    assert templates.for_letters("final", "en", "default").version == "house-1"
    assert templates.version("final", "en", "default") == "house-1"
    assert templates.find("final", "en", tenant="default", version="1").file.parent.parent == DIRECTORY
    assert templates.for_letters("final", "en", "another").version == "1"


def test_an_old_version_is_found_beside_the_newest() -> None:
    templates = Templates()
    assert [templates.find("answer", "en", version=each).version for each in (None, "1", "2")] == ["2", "1", "2"]
    with pytest.raises(TemplateUnknownError):
        templates.find("answer", "en", version="3")


def test_the_tenth_version_is_newer_than_the_ninth(tmp_path: Path) -> None:
    for number in (9, 10):
        text = HEAD.format(elements="reasons").replace("house-1", f"house-{number}")
        templates = own(tmp_path, text, name=f"final.{number}")
    assert templates.version("final", "en", "default") == "house-10"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD.format(elements="reasons").replace("house-1", "1"), "version 1 of final is a shipped one"),
        (HEAD.format(elements="poem"), "no element 'poem'"),
        (HEAD.format(elements="reasons").replace("kinds: final", "kinds: poem"), "kinds are .* not poem"),
        (HEAD.format(elements="reasons").replace("kinds", "sorts"), "what is sorts"),
        (HEAD.format(elements="reasons") + "{% if %}", "Expected an expression"),
    ],
)
def test_a_template_of_a_tenant_that_says_what_cannot_be_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(TemplateError, match=said):
        own(tmp_path, text)


def test_one_version_twice_is_refused(tmp_path: Path) -> None:
    own(tmp_path, HEAD.format(elements="reasons"))
    with pytest.raises(TemplateError, match="version house-1 of final is there twice"):
        own(tmp_path, HEAD.format(elements="reasons"), name="final.again")


def test_the_templates_name_what_they_render() -> None:
    for file in DIRECTORY.glob("*/*.txt"):
        head = dict(line.partition(": ")[::2] for line in file.read_text(encoding="utf-8").splitlines()[:5])
        assert ("kinds" in head) == ("elements" in head)
