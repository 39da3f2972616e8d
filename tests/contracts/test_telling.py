"""The words of complainants: complete in both languages for everything that can happen, and without a word of ours."""

import re
import tomllib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from string import Formatter
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.escalation.domain.targets import Unit
from services.intake.catalogue import Catalogue
from services.intake.domain.conversation import LetterKind
from services.intake.domain.lifecycle import PARTY, RULES, Status
from services.intake.domain.links import Direction, LinkType
from services.intake.domain.outcome import Closing, Decision
from services.intake.domain.parties import Medium
from services.intake.domain.remedies import RemedyKind
from services.intake.views.story import RIGHTS
from shared.contracts import local_forms, telling
from shared.contracts.bodies import load_bodies
from shared.contracts.complaint_events import EVENTS, ComplaintFact
from shared.contracts.complaint_outcomes import OUTCOMES
from shared.contracts.message import Audience
from shared.contracts.telling import LANGUAGES, Telling
from tests.contracts.told import TOLD, fact

SHANGHAI = ZoneInfo("Asia/Shanghai")
POLICIES = Path(__file__).parents[2] / "services/escalation/policies"
FILES = {name: telling.read(name) for name in ("events", "steps", "labels")}
EVENT_WORDS: dict[str, Any] = {name: words for name, words in FILES["events"].items() if name != "silent"}
STEPS = FILES["steps"]
REASONS = Catalogue().reasons

CHINESE, ENGLISH = (Telling(language, SHANGHAI, "help@wallet.example", load_bodies()) for language in LANGUAGES)

NEVER_SAID = {
    "en": (
        r"level|escalat|fraud|flag|SLA|\bhouse\b|ticket|handler|supervisor|clock|policy|duplicate|primary|referral|remedy"
        r"|resolution|tenant|\bcase\b|queue|complainant|[a-z]+[_.][a-z]+[_.]?"
    ),
    "zh-CN": (
        "级别|升级|欺诈|可疑|标记|工单|时钟|主管|坐席|处理人|投诉人|主投诉|重复投诉|补救|第三方|时限"
        "|[A-Za-z]+[_.-][A-Za-z]"
    ),
}
"""Words and codes that we use among ourselves."""

WHOLE_SENTENCES = ("events/", *(f"steps/{kind}/" for kind in ("next", "window", "promised", "how", "right")))
NEVER_TOLD_AS_A_RIGHT = {"add-evidence", "change-contact", "provide-information", "open-referral"}
"""What the sentence on `follow-up`, or what is missing, says already, or needs no saying."""


def facts_for_complainants() -> Iterator[type[ComplaintFact]]:
    """Every fact that a complainant may see, if only in some cases."""
    yield from (kind for kind in (*EVENTS, *OUTCOMES) if kind.audience == Audience.COMPLAINANT)


CODES: dict[str, set[str]] = {
    "complaint.answered": {*LetterKind, "call"},
    "complaint.delivery_recorded": {"delivered", "lost"},
    "complaint.escalated": {*REASONS["escalate"], "again"},
    "complaint.external_referral_closed": set(REASONS["close-referral"]),
    "complaint.closed": set(Closing),
    "complaint.linked": {f"{link}-{to}" for link in set(LinkType) - {LinkType.RELATED} for to in Direction},
    "complaint.unlinked": {str(link) for link in set(LinkType) - {LinkType.RELATED}},
}
"""The codes of which each has a sentence of its own; of the others `said` and `other` are enough."""

LABELS: dict[str, set[str]] = {
    "decision": set(Decision),
    "item": set(Catalogue().items),
    "unit": set(Unit),
    "decline": set(REASONS["decline"]),
    "extend": set(REASONS["extend"]),
    "fail-remedy": set(REASONS["fail-remedy"]),
    "channel": set(Medium),
    "status": set(Status),
    "next_step": set(STEPS["next"]),
}


def words() -> Iterator[tuple[str, str, str]]:
    """Every text of every file, with its place and its language."""
    for name, kinds in (*FILES.items(),):
        for kind, codes in kinds.items():
            for code, labels in codes.items() if kind != "silent" else ():
                for language, text in labels.items():
                    yield f"{name}/{kind}/{code}", language, text


SENTENCES = [each for each in words() if not each[0].startswith("labels/") or "/item/" in each[0]]


def test_everything_that_a_complainant_may_see_has_its_words_or_is_silent_on_purpose() -> None:
    assert set(EVENT_WORDS) == {kind.stored_name for kind in facts_for_complainants()}
    assert set(FILES["events"]["silent"]) <= set(EVENT_WORDS)


@pytest.mark.parametrize("name", sorted(EVENT_WORDS))
def test_every_code_of_an_event_has_a_sentence(name: str) -> None:
    sentences = set(EVENT_WORDS[name])
    assert CODES.get(name, set()) <= sentences
    chosen_by_code = name in telling.KINDS
    known = {*CODES.get(name, ()), "other", "said", "bare", "binding", *REASONS["reopen"]}
    known |= {"merchant", "bank", "card_network", "authority"}
    assert sentences <= known if chosen_by_code else sentences == {"said"}


@pytest.mark.parametrize(("place", "both"), list(FILES.items()))
def test_both_languages_say_everything_with_the_same_values(place: str, both: Any) -> None:
    for kind, codes in both.items():
        for code, labels in codes.items() if kind != "silent" else ():
            assert list(labels) == list(LANGUAGES), f"{place}/{kind}/{code}"
            used = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in labels.values()]
            assert used[0] == used[1], f"{place}/{kind}/{code}"


@pytest.mark.parametrize("kind", sorted(LABELS))
def test_every_code_has_its_label(kind: str) -> None:
    assert set(FILES["labels"][kind]) - {"other"} == {str(code) for code in LABELS[kind]} - {"other"}


def test_no_kind_of_label_is_left_over() -> None:
    assert set(FILES["labels"]) == set(LABELS)


def test_every_way_to_stand_and_every_next_step_is_told() -> None:
    assert set(STEPS["headline"]) == {*Status, "rejected"}
    assert set(STEPS["remedy"]) == set(RemedyKind)


def test_every_promise_of_every_policy_is_told_as_what_it_is() -> None:
    policies = [tomllib.loads(file.read_text(encoding="utf-8")) for file in POLICIES.glob("*.toml")]
    owners = {(clock["owner"], clock["name"]) for policy in policies for clock in policy["clock"]}
    ours = {name for owner, name in owners if owner == "wallet"}
    theirs = {name for owner, name in owners if owner == "complainant"}
    assert (ours - set(STEPS["promise"]), theirs - set(STEPS["window"])) == (set(), set())


def test_everything_that_complainants_may_do_is_told_or_goes_without_saying() -> None:
    theirs = {command for command, rule in RULES.items() if rule.voices & PARTY}
    assert theirs == RIGHTS.keys() | NEVER_TOLD_AS_A_RIGHT
    assert RIGHTS.keys() <= set(STEPS["right"])


@pytest.mark.parametrize(("place", "language", "text"), SENTENCES, ids=[f"{place}-{of}" for place, of, _ in SENTENCES])
def test_no_word_of_ours_is_said(place: str, language: str, text: str) -> None:
    spoken = re.sub(r"{[a-z]+}", "", text)
    assert re.findall(NEVER_SAID[language], spoken) == [], place


@pytest.mark.parametrize(("place", "language", "text"), SENTENCES, ids=[f"{place}-{of}" for place, of, _ in SENTENCES])
def test_each_language_is_written_as_its_readers_write_it(place: str, language: str, text: str) -> None:
    chinese = re.search("[\u4e00-\u9fff]", text) is not None
    assert chinese == (language == "zh-CN"), place
    wrong = r"[,;:!?()]" if chinese else r"[，。：；（）？！]"
    assert re.search(wrong, text) is None, place
    ends = text.endswith(("。", "。）") if chinese else (".", "}."))
    assert ends == place.startswith(
        ("events/", "steps/next", "steps/window", "steps/promised", "steps/how", "steps/right")
    )


@pytest.mark.parametrize(("name", "fields", "chinese", "english"), TOLD, ids=[each[2] for each in TOLD])
def test_what_happened_reads_as_people_say_it(name: str, fields: dict[str, Any], chinese: str, english: str) -> None:
    assert (CHINESE.happened(name, fields), ENGLISH.happened(name, fields)) == (chinese, english)


def test_every_choice_between_sentences_and_every_value_is_told_once() -> None:
    assert telling.KINDS.keys() | telling.VALUES.keys() <= {name for name, *_ in TOLD}


@pytest.mark.parametrize(("outcome", "is_last"), [("sent", False), ("failed", False)])
def test_that_a_letter_went_out_or_is_tried_again_is_no_news(outcome: str, *, is_last: bool) -> None:
    said = fact(outcome=outcome, is_last=is_last, medium="email")
    assert CHINESE.happened("complaint.delivery_recorded", said) is None


@pytest.mark.parametrize(
    ("end", "chinese", "english"),
    [
        ("2025-09-30T16:00:00Z", "2025年9月30日 24:00前", "by the end of 30 September 2025"),
        ("2025-09-30T09:00:00Z", "2025年9月30日 17:00前", "by 17:00 on 30 September 2025"),
        ("2025-12-31T16:00:00Z", "2025年12月31日 24:00前", "by the end of 31 December 2025"),
    ],
)
def test_a_date_is_said_in_the_time_of_its_reader(end: str, chinese: str, english: str) -> None:
    due_at = datetime.fromisoformat(end)
    assert (CHINESE.by(due_at), ENGLISH.by(due_at)) == (chinese, english)


def test_an_instant_and_a_day_are_written_as_people_write_them() -> None:
    at = datetime.fromisoformat("2025-09-26T02:05:00Z")
    assert (CHINESE.at(at), ENGLISH.at(at)) == ("2025年9月26日 10:05", "26 September 2025, 10:05")
    assert (CHINESE.day(at.date()), ENGLISH.day(at.date())) == ("2025年9月26日", "26 September 2025")


def test_an_amount_keeps_every_digit_and_names_its_currency() -> None:
    told = [local_forms.amount(value, currency, "zh-CN") for value, currency in (("0.10", "CNY"), ("5.000001", "USDT"))]
    assert told == ["0.10 元", "5.000001 USDT"]
    assert local_forms.amount("0.10", "CNY", "en") == "CNY 0.10"


def test_one_word_is_listed_alone() -> None:
    assert [local_forms.listed(["a"], language) for language in LANGUAGES] == ["a", "a"]


@pytest.mark.parametrize(
    ("item", "by_file", "said"),
    [
        ("bank-record", True, "upload a photo or a file"),
        ("account-id", False, "write to us"),
        ("identity-document", True, "Only the people who check identities can see it"),
    ],
)
def test_how_something_missing_is_given_is_said(item: str, *, by_file: bool, said: str) -> None:
    assert said in ENGLISH.how(item, by_file=by_file)


def test_a_promise_of_a_policy_that_nobody_wrote_words_for_is_told_without_its_code() -> None:
    due_at = datetime.fromisoformat("2025-09-30T16:00:00Z")
    assert CHINESE.promised("tea_time", "running", due_at) == "我们会在2025年9月30日 24:00前办好承诺的事。"
    assert CHINESE.promised("final", "missed", due_at) == "我们没有在2025年9月30日 24:00前给您处理结果，对不起。"
    assert ENGLISH.promised("final", "paused", due_at) == (
        "While we wait for an answer, the time to decide on your complaint stands still."
    )


def test_a_letter_that_lacks_something_is_told_as_held() -> None:
    assert telling.KINDS["complaint.delivery_recorded"]({"missing": ["limits"], "outcome": "failed"}) == "held"
