"""From a fact to its notifications: over which channel, in which language, under which plan."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from services.intake.domain import links
from services.intake.domain.complaint import Complaint
from services.intake.domain.conversation import LetterKind
from services.intake.domain.links import LinkType
from services.intake.domain.parties import Medium
from services.notifier.domain.notification import ChannelName, Plan, Recipient, RecipientKind
from services.notifier.domain.routing import Memory
from services.notifier.planning import BY_HAND_TEMPLATE, Planner
from services.notifier.rendering import Templates
from shared.contracts.deadline_events import ClockWarned
from shared.contracts.message import Message
from shared.contracts.tenant import TenantFileError, load_tenants
from tests import builders as a
from tests.domain import happened
from tests.given import Step
from tests.services.notifier_facts import envelope_of, facts_of
from tests.services.notifier_scenes import email_table, sms_table, webhook_table, write_tenant

MEMORY = Memory(
    tenant="default",
    number="7K3M-92QFV-8X",
    complainant=str(a.COMPLAINANT),
    language="zh-CN",
    preferred_medium="email",
    assigned_to="anna",
)
MAIL = email_table(port=25)
SMS = sms_table("gateway.example")

PlannerFor = Callable[..., Planner]


@pytest.fixture
def webhook(tmp_path: Path) -> str:
    return webhook_table("app.example", tmp_path / "secret")


@pytest.fixture
def planner_for(tmp_path: Path) -> PlannerFor:
    def make(*tables: str, changes: Mapping[str, str] | None = None) -> Planner:
        return Planner(load_tenants(write_tenant(tmp_path / "tenants", *tables, changes=changes)), Templates())

    return make


def plans(planner: Planner, step: Step, memory: Memory = MEMORY, complaint: Complaint | None = None) -> list[Plan]:
    """What a planner makes of the last fact of a step."""
    fact = facts_of(complaint or a.complaint(), step)[-1]
    return planner.plans(fact, envelope_of(fact, a.COMPLAINT_ID, 7), memory)


def the_plan(planner: Planner, step: Step, **changes: Any) -> Plan:
    (plan,) = plans(planner, step, replace(MEMORY, **changes))
    return plan


def answered(medium: Medium, language: str = "zh-CN") -> Step:
    def step(complaint: Complaint) -> None:
        complaint.answer(
            "我们正在调查", kind=LetterKind.INTERIM, medium=medium, language=language, template="answer", by=a.handler()
        )

    return step


def reopened(complaint: Complaint) -> None:
    happened.withdrawn(complaint)
    complaint.reopen(reason="not-solved", window_ends_at=a.later(days=30), by=a.session())


@pytest.mark.parametrize(
    ("medium", "tables", "channel"),
    [
        ("email", (MAIL,), ChannelName.SMTP),
        ("email", (), ChannelName.CONSOLE),
        ("email", (SMS,), ChannelName.CONSOLE),
        ("sms", (SMS,), ChannelName.APPRISE),
        ("sms", (MAIL,), ChannelName.CONSOLE),
        ("in_app", (MAIL, SMS), ChannelName.CONSOLE),
    ],
)
def test_the_complainant_is_told_over_what_they_prefer_where_the_tenant_has_it(
    planner_for: PlannerFor, medium: str, tables: tuple[str, ...], channel: ChannelName
) -> None:
    plan = the_plan(planner_for(*tables), happened.acknowledged, preferred_medium=medium)
    assert (plan.channel, plan.parameters["medium"]) == (channel, medium)
    assert (plan.recipient.kind, plan.recipient.id) == (RecipientKind.COMPLAINANT, str(a.COMPLAINANT))


@pytest.mark.parametrize("medium", ["phone", "letter"])
def test_an_acknowledgement_that_goes_by_hand_is_no_notification(planner_for: PlannerFor, medium: str) -> None:
    assert plans(planner_for(MAIL, SMS), happened.acknowledged, replace(MEMORY, preferred_medium=medium)) == []


@pytest.mark.parametrize("medium", ["phone", "letter"])
def test_what_a_person_must_tell_is_a_notice_to_the_handler(planner_for: PlannerFor, medium: str) -> None:
    for step, news in ((happened.resolved, "resolved"), (happened.information_requested, "information-requested")):
        plan = the_plan(planner_for(MAIL, SMS), step, preferred_medium=medium)
        assert (plan.recipient, plan.template) == (Recipient(RecipientKind.HANDLER, "anna"), BY_HAND_TEMPLATE)
        assert (plan.parameters["news"], plan.parameters["medium"], plan.letter_id) == (news, medium, None)


@pytest.mark.parametrize(("level", "templates"), [(0, [BY_HAND_TEMPLATE]), (1, [BY_HAND_TEMPLATE, "staff-reopened"])])
def test_nobody_is_told_of_a_fact_twice_over_one_channel(
    planner_for: PlannerFor, level: int, templates: list[str]
) -> None:
    memory = replace(MEMORY, preferred_medium="phone", assigned_to=None, level=level)
    assert [plan.template for plan in plans(planner_for(), reopened, memory)] == templates


@pytest.mark.parametrize(("medium", "channel"), [(Medium.SMS, ChannelName.APPRISE), (Medium.EMAIL, ChannelName.SMTP)])
def test_an_answer_goes_over_its_own_medium(planner_for: PlannerFor, medium: Medium, channel: ChannelName) -> None:
    plan = the_plan(planner_for(MAIL, SMS), answered(medium), preferred_medium="letter")
    assert (plan.channel, plan.parameters["medium"]) == (channel, str(medium))


@pytest.mark.parametrize("medium", [Medium.PHONE, Medium.LETTER])
def test_an_answer_that_goes_by_hand_is_no_notification(planner_for: PlannerFor, medium: Medium) -> None:
    assert plans(planner_for(MAIL, SMS), answered(medium)) == []


@pytest.mark.parametrize(
    ("wanted", "language"),
    [("zh-CN", "zh-CN"), ("zh-HK", "zh-CN"), ("zh", "zh-CN"), ("en", "en"), ("EN-gb", "en"), ("ja-JP", "zh-CN")],
)
def test_the_complainant_is_told_in_the_closest_language_the_tenant_has(
    planner_for: PlannerFor, wanted: str, language: str
) -> None:
    assert the_plan(planner_for(), happened.acknowledged, language=wanted).language == language


def test_an_answer_is_written_in_its_own_language(planner_for: PlannerFor) -> None:
    assert the_plan(planner_for(), answered(Medium.EMAIL, language="en-AU")).language == "en"


def test_staff_are_told_in_the_first_language_of_the_tenant(planner_for: PlannerFor) -> None:
    changes = {'languages = ["zh-CN", "en"]': 'languages = ["en", "zh-CN"]'}
    assert the_plan(planner_for(changes=changes), happened.followed_up, language="zh-CN").language == "en"


def test_a_language_without_templates_is_refused_at_the_start(planner_for: PlannerFor) -> None:
    with pytest.raises(TenantFileError, match=r"default: .* ja"):
        planner_for(changes={'languages = ["zh-CN", "en"]': 'languages = ["zh-CN", "ja"]'})


def test_a_language_in_which_the_tenant_has_no_name_is_refused_at_the_start(planner_for: PlannerFor) -> None:
    with pytest.raises(TenantFileError, match=r"default: .* en"):
        planner_for(changes={', en = "Example Wallet" }': " }"})


@pytest.mark.parametrize(
    ("team", "tables", "channel"),
    [
        ('email = "desk@wallet.example"', (MAIL,), ChannelName.SMTP),
        ('email = "desk@wallet.example"', (), ChannelName.CONSOLE),
        ('provider = "json://chat.example"', (MAIL,), ChannelName.APPRISE),
        ('email = "desk@wallet.example"\nprovider = "json://chat.example"', (), ChannelName.APPRISE),
        ("", (MAIL, SMS), ChannelName.CONSOLE),
    ],
)
@pytest.mark.parametrize(("level", "name"), [(0, "front_line"), (1, "senior"), (2, "compliance")])
def test_a_team_is_told_over_what_it_has(
    planner_for: PlannerFor, team: str, tables: tuple[str, ...], channel: ChannelName, level: int, name: str
) -> None:
    planner = planner_for(*tables, changes={f"[teams.{name}]": f"[teams.{name}]\n{team}"})
    plan = the_plan(planner, happened.escalated, level=level)
    assert (plan.recipient.kind, plan.recipient.id, plan.channel) == (RecipientKind.TEAM, name, channel)


def test_a_handler_is_told_where_the_front_line_is(planner_for: PlannerFor) -> None:
    team = {"[teams.front_line]": '[teams.front_line]\nemail = "desk@wallet.example"'}
    plan = the_plan(planner_for(MAIL, changes=team), happened.followed_up)
    assert (plan.recipient.kind, plan.recipient.id) == (RecipientKind.HANDLER, "anna")
    assert plan.channel == ChannelName.SMTP


def test_without_a_handler_the_front_line_is_told(planner_for: PlannerFor) -> None:
    plan = the_plan(planner_for(), happened.followed_up, assigned_to=None)
    assert (plan.recipient.kind, plan.recipient.id) == (RecipientKind.TEAM, "front_line")


def test_a_tenant_without_teams_tells_staff_in_the_outbox(planner_for: PlannerFor) -> None:
    without = {f"[teams.{name}]": "" for name in ("front_line", "senior", "compliance")}
    planner = planner_for(MAIL, changes=without)
    assert the_plan(planner, happened.followed_up).channel == ChannelName.CONSOLE
    assert the_plan(planner, happened.escalated).channel == ChannelName.CONSOLE


@pytest.mark.parametrize(
    ("step", "is_letter"),
    [(happened.acknowledged, True), (happened.answered, True), (happened.resolved, False)],
)
def test_acknowledgement_and_answer_are_letters(planner_for: PlannerFor, step: Step, is_letter: bool) -> None:
    plan = the_plan(planner_for(MAIL), step)
    assert (plan.letter_id is not None) == is_letter


def test_in_app_news_goes_with_the_webhook_where_there_is_one(planner_for: PlannerFor, webhook: str) -> None:
    plan = the_plan(planner_for(webhook), happened.acknowledged, preferred_medium="in_app")
    assert (plan.channel, plan.recipient.kind, plan.recipient.id) == (ChannelName.WEBHOOK, RecipientKind.APP, "default")
    assert plan.letter_id is not None


def test_a_webhook_comes_beside_what_the_complainant_is_told_otherwise(planner_for: PlannerFor, webhook: str) -> None:
    made = plans(planner_for(webhook, MAIL), happened.acknowledged)
    assert [(plan.channel, plan.letter_id is not None) for plan in made] == [
        (ChannelName.SMTP, True),
        (ChannelName.WEBHOOK, False),
    ]


def test_the_webhook_of_a_call_delivers_no_letter(planner_for: PlannerFor, webhook: str) -> None:
    def called(complaint: Complaint) -> None:
        complaint.answer("我们正在调查", kind=LetterKind.INTERIM, medium=Medium.PHONE, by=a.handler())

    plan = the_plan(planner_for(webhook), called, preferred_medium="in_app")
    assert (plan.channel, plan.letter_id) == (ChannelName.WEBHOOK, None)


@pytest.mark.parametrize(("owner", "told"), [("complainant", [ChannelName.WEBHOOK]), ("wallet", [ChannelName.CONSOLE])])
def test_the_app_is_reminded_of_its_users_time_and_of_nobody_elses(
    planner_for: PlannerFor, webhook: str, owner: str, told: list[ChannelName]
) -> None:
    (said,) = facts_of(a.complaint(), happened.withdrawn)
    shared = {name: getattr(said, name) for name in Message.model_fields}
    clock = {"complaint_id": a.COMPLAINT_ID, "clock_id": uuid4(), "clock": "acceptance", "due_at": a.NOW}
    warned = ClockWarned(**shared, **clock, owner=owner)
    made = planner_for(webhook).plans(
        warned, envelope_of(said, a.COMPLAINT_ID), replace(MEMORY, preferred_medium="in_app")
    )
    assert [plan.channel for plan in made] == told


def test_the_app_is_not_told_of_what_its_user_may_not_see(planner_for: PlannerFor, webhook: str) -> None:
    def related(complaint: Complaint) -> None:
        links.link(complaint, a.complaint(complaint_id=uuid4()), LinkType.RELATED, by=a.handler())

    def noted(complaint: Complaint) -> None:
        complaint.add_note("内部备注", by=a.handler())

    def shown(complaint: Complaint) -> None:
        complaint.add_evidence((a.evidence(),), by=a.handler())

    planner = planner_for(webhook)
    for step in (related, noted, shown, happened.assigned, happened.held, happened.identity_verified):
        assert [plan for plan in plans(planner, step) if plan.channel == ChannelName.WEBHOOK] == []


def test_a_plan_names_the_template_with_its_version(planner_for: PlannerFor) -> None:
    plan = the_plan(planner_for(), happened.resolved)
    assert (plan.template, plan.template_version) == ("resolved", Templates().version("resolved", "zh-CN"))
