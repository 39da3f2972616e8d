"""What is told of a fact, by its public fields, in both languages: to be read aloud."""

from datetime import date
from typing import Any


def fact(**fields: Any) -> dict[str, Any]:
    return fields


TOLD: list[tuple[str, dict[str, Any], str, str]] = [
    (
        "complaint.submitted",
        fact(number="7K3M-92QFV-8X"),
        "我们收到了您的投诉，编号是 7K3M-92QFV-8X。",
        "We received your complaint. Its number is 7K3M-92QFV-8X.",
    ),
    (
        "complaint.answered",
        fact(kind="final", medium="phone", template=None),
        "我们给您打了电话。",
        "We spoke with you on the phone.",
    ),
    (
        "complaint.answered",
        fact(kind="interim", medium="email", template=None),
        "我们答复了您。",
        "We answered you.",
    ),
    (
        "complaint.information_requested",
        fact(items=["bank-record", "screenshot", "account-id"]),
        "我们请您补充：银行扣款记录、相关页面截图、钱包账户编号。",
        (
            "We asked you for the bank's record of the debit, a screenshot of what you see "
            "and the id of your wallet account."
        ),
    ),
    (
        "complaint.information_requested",
        fact(items=["of-a-tenant"]),
        "我们请您补充：其他资料。",
        "We asked you for something else.",
    ),
    ("complaint.information_requested", fact(items=[]), "我们请您补充一些情况。", "We asked you for more details."),
    (
        "complaint.third_party_awaited",
        fact(third_party="weather-service"),
        "我们联系了有关方面，正在等对方答复。",
        "We contacted another party and are waiting for an answer.",
    ),
    (
        "complaint.extension_granted",
        fact(amount=1, unit="business_days", reason="beyond-control"),
        "我们还需要 1 个工作日，原因：有我们无法控制的情况。",
        "We need 1 business day more, because it lies beyond our control.",
    ),
    (
        "complaint.extension_granted",
        fact(amount="3", unit="weeks", reason="awaiting-third-party"),
        "我们还需要 3 周，原因：要等对方答复。",
        "We need 3 weeks more, because somebody else has to answer first.",
    ),
    (
        "complaint.resolved",
        fact(
            decision="partly_upheld",
            remedies=[
                {
                    "kind": "refund",
                    "due_on": "2025-09-30",
                    "unconditional": False,
                    "amount": {"amount": "500.00", "currency": "CNY"},
                },
                {"kind": "apology", "due_on": date(2025, 10, 1), "unconditional": True, "amount": None},
            ],
        ),
        (
            "我们有了处理结果：您的投诉部分成立。"
            "如果您接受，我们会在2025年9月30日 24:00前把 500.00 元退给您。我们会在2025年10月1日 24:00前向您道歉。"
        ),
        (
            "We have decided. We uphold part of your complaint. "
            "If you accept, we will refund you CNY 500.00 by the end of 30 September 2025. "
            "We will apologise to you by the end of 1 October 2025."
        ),
    ),
    (
        "complaint.external_referral_decided",
        fact(
            binding=True,
            remedies=[{"kind": "coupon", "due_on": "2025-09-30", "unconditional": False, "amount": None}],
        ),
        "外部机构作出了决定，我们会照办。我们会在2025年9月30日 24:00前给您优惠券。",
        (
            "The outside body has decided, and we will do as it says. "
            "We will give you a coupon by the end of 30 September 2025."
        ),
    ),
    (
        "complaint.external_referral_decided",
        fact(binding=False, remedies=[]),
        "外部机构给出了意见。",
        "The outside body has given its opinion.",
    ),
    (
        "complaint.external_referral_opened",
        fact(body="cca"),
        "消费者协会也在处理这件事。",
        "China Consumers Association is looking into this as well.",
    ),
    (
        "complaint.escalated",
        fact(from_level=0, to_level=1, reason="clock-missed"),
        "我们没有做到承诺的时间，已请更资深的同事接手。",
        "We did not keep a date that we promised. A more senior colleague has taken over.",
    ),
    (
        "complaint.escalated",
        fact(from_level=2, to_level=2, reason="clock-missed"),
        "我们再次提醒了负责您投诉的同事。",
        "We reminded the people in charge of your complaint.",
    ),
    (
        "complaint.delivery_recorded",
        fact(outcome="failed", is_last=True, medium="email"),
        "我们的邮件没能送到您那里，请检查您的联系方式。",
        "Our email did not reach you. Please check your contact details.",
    ),
    (
        "complaint.linked",
        fact(link="follows", direction="outgoing"),
        "这起投诉接着您先前的投诉。",
        "This complaint follows an earlier one of yours.",
    ),
    (
        "complaint.unlinked",
        fact(link="duplicate"),
        "这起投诉不再和另一起一并处理。",
        "We no longer handle this complaint together with another one.",
    ),
    ("complaint.rated", fact(score=5), "您给我们的处理打了 5 分（满分 5 分）。", "You rated us 5 out of 5."),
    (
        "complaint.declined",
        fact(reason="out_of_time"),
        "我们没有受理您的投诉，原因：超过了受理期限。",
        "We did not take on your complaint, because it came too late for us to take it on.",
    ),
    (
        "complaint.remedy_failed",
        fact(reason="technical"),
        "我们答应您的事这次没有办成，原因：系统出了故障。我们会继续处理。",
        "What we promised did not go through, because there was a technical failure. We are working on it.",
    ),
    (
        "complaint.freeze_refused",
        fact(),
        "您的账户没能冻结，请马上联系我们：help@wallet.example。",
        "We could not freeze your account. Please contact us at once: help@wallet.example.",
    ),
    (
        "complaint.reopened",
        fact(reason="review"),
        "我们重新处理您的投诉。",
        "We are looking at your complaint again.",
    ),
    (
        "complaint.external_referral_closed",
        fact(reason="settled"),
        "这件事在外部机构达成了和解。",
        "This was settled at the outside body.",
    ),
    (
        "complaint.closed",
        fact(reason="no_answer"),
        "我们没有等到您对处理结果的回复，投诉先办结了。",
        "We did not hear from you about our decision, so we closed your complaint.",
    ),
]
