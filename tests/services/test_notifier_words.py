"""Every template rendered with every fact that it is routed for, as people read it, in both languages."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from services.notifier.domain.routing import ROUTES
from shared.contracts.complaint_events import EVENTS
from shared.contracts.complaint_outcomes import OUTCOMES
from shared.contracts.deadline_events import DEADLINES
from shared.messaging.replay import facts_of
from tests.people import NAMES, TEXTS
from tests.services.notifier_alone import TOPICS
from tests.services.notifier_scenes import installed, told, write_tenant
from tests.services.notifier_story import INTERNAL, Story

pytestmark = pytest.mark.on_files

LANGUAGES = {"zh-CN": 'languages = ["zh-CN", "en"]', "en": 'languages = ["en", "zh-CN"]'}
RAW_CODE = re.compile(r"\b[a-z]+[-_][a-z-_]+\b")

DECIDED = {
    "zh-CN": """{name}您好：

我们有了处理结果：您的投诉成立。我们会在2025年10月10日 24:00前把 500.00 元退给您。\
如果您接受，我们会在2025年10月9日 24:00前向您道歉。投诉编号 {number}。

{explanation}

- {point}
  {answer}

请在应用里告诉我们是否接受。

示例钱包
""",
    "en": """Dear {name},

About your complaint {number}: We have decided. We uphold your complaint. We will refund you CNY 500.00 by the end of \
10 October 2025. If you accept, we will apologise to you by the end of 9 October 2025.

{explanation}

- {point}
  {answer}

Please tell us in the app whether you accept it.

Example Wallet
""",
}

Notice = dict[str, Any]


@pytest.fixture(scope="module", params=list(LANGUAGES))
def story(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """The story, played once for all tests of a language."""
    directory = tmp_path_factory.mktemp("story")
    changes = {LANGUAGES["zh-CN"]: LANGUAGES[request.param]}
    with installed(directory, write_tenant(directory / "tenants", changes=changes)) as running:
        story = Story(running, request.param)
        story.play()
        yield story


def words(story: Story) -> list[str]:
    return [f"{notice['subject']}\n{notice['text']}" for notice in story.notices]


def test_the_story_tells_every_line_of_the_routing_table(story: Story) -> None:
    names = {
        received.envelope.id: received.message.stored_name
        for received in facts_of(story.running.backend.log, TOPICS, (*EVENTS, *OUTCOMES, *DEADLINES))
        if received.message
    }
    plans = [each.plan for complaint in story.complaints for each in told(story.running, complaint)]
    lines = {(name, route.template) for name, routes in ROUTES.items() for route in routes}
    assert {(names[plan.fact_id], plan.template) for plan in plans} == lines


def test_every_notice_is_written_in_the_language_of_its_reader(story: Story) -> None:
    assert {notice["language"] for notice in story.notices} == {story.language}


def test_every_subject_names_the_complaint(story: Story) -> None:
    numbers = {complaint["id"]: complaint["number"] for complaint in story.complaints}
    assert [each for each in story.notices if numbers[each["complaint_id"]] not in each["subject"]] == []


def test_no_notice_shows_a_code_or_a_hole(story: Story) -> None:
    assert [text for text in words(story) if RAW_CODE.search(text)] == []
    assert [text for text in words(story) if re.search(r"None|[{}]|\n\n\n| \n", text)] == []


def test_nobody_reads_what_handlers_told_each_other(story: Story) -> None:
    assert [text for text in words(story) if INTERNAL in text] == []


def test_staff_read_nothing_of_the_complainant(story: Story) -> None:
    for notice in story.notices:
        if not notice["recipient"].startswith("complainant"):
            assert [text for text in (*NAMES, *TEXTS) if text in f"{notice['subject']}{notice['text']}"] == []


def test_a_decision_says_what_was_decided_why_and_what_is_promised(story: Story) -> None:
    decided = story.first("resolved")
    assert decided["text"] == DECIDED[story.language].format(
        name=NAMES[0],
        number=story.complaints[0]["number"],
        explanation=TEXTS[1],
        point=TEXTS[0],
        answer=TEXTS[3],
    )


def test_a_complainant_is_reminded_before_their_time_is_over(story: Story) -> None:
    text = story.first("window-ends")["text"]
    reminder = {
        "zh-CN": "请您在2025年10月9日 24:00前告诉我们是否接受处理结果。",
        "en": "Please tell us by the end of 9 October 2025 whether you accept our decision.",
    }
    assert reminder[story.language] in text


def test_a_complaint_that_is_declined_reads_why(story: Story) -> None:
    texts = [notice["text"] for notice in story.notices if notice["template"] == "declined"]
    reasons = {"zh-CN": ("超过了受理期限", "我们把它转给了负责的机构"), "en": ("it came too late", "we passed it on")}
    assert [reason in text for reason, text in zip(reasons[story.language], texts, strict=True)] == [True, True]
    assert [TEXTS[4] in text for text in texts] == [True, False]


def test_a_closed_complaint_reads_why_and_whether_it_can_be_reopened(story: Story) -> None:
    texts = [notice["text"] for notice in story.notices if notice["template"] == "closed"]
    wanted = {"zh-CN": ("谢谢您的确认", "一并处理", "重新处理"), "en": ("Thank you", "handle both", "look at it again")}
    accepted, together, reopen = wanted[story.language]
    assert [(accepted in text, together in text, reopen in text) for text in texts] == [
        (True, False, True),
        (False, True, False),
    ]


def test_staff_read_a_missed_date_in_the_time_of_the_tenant(story: Story) -> None:
    text = story.about(story.late, "staff-clock-missed")["text"]
    assert "2025-09-29 00:00 (Asia/Shanghai)" in text
    assert {"zh-CN": "2 小时 5 分钟", "en": "2 h 5 min"}[story.language] in text


def test_staff_read_that_the_highest_level_stays_the_highest(story: Story) -> None:
    texts = [notice["text"] for notice in story.notices if notice["template"] == "staff-escalated"]
    again = {"zh-CN": "已处于最高的 2 级", "en": "again at level 2, the highest"}[story.language]
    assert [text for text in texts if again in text]
    assert [text for text in texts if "2 级升级至 2 级" in text or "from level 2 to level 2" in text] == []
