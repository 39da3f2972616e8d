"""Seven stories of how users of such wallets really complain: fixtures, demonstration and acceptance at once."""

from collections.abc import Callable, Mapping

from tests.client import refused
from tests.stories.stage import Complaint, Stage, state_of
from tests.waiting import wait_until


def top_up_not_credited(stage: Stage) -> None:
    """充值 500 元未到账：截图与银行记录，受理，两个工作日内退款，邮件告知，接受并评价，退款确认"""
    app, anna = stage.app("story-1"), stage.handler("anna")
    evidence = [
        stage.upload(app, "screenshot", "余额截图.png"),
        stage.upload(app, "transaction_record", "银行记录.png"),
    ]
    complaint = stage.enter(
        app.submit(
            category="topup.not_credited",
            description="充值 500 元未到账，银行已扣款",
            complainant={"name": "王小明", "phone": "+86 138 0013 8000", "email": "xiaoming@example.com"},
            preferred_medium="email",
            desired_outcome={"kind": "refund", "amount": {"amount": "500.00", "currency": "CNY"}},
            transactions=[{"transaction_id": "T20251122-0001", "top_up_method": "bank card"}],
            evidence_ids=evidence,
        )
    )
    assert complaint["missing"] == []
    stage.until(complaint, "acknowledged")
    anna.command(complaint, "assign", {"handler_id": "anna"})
    anna.command(complaint, "answer", {"text": "我们正在与银行核对。", "kind": "interim", "medium": "email"})
    remedy = {"kind": "refund", "due_on": "2030-12-31", "amount": {"amount": "500.00", "currency": "CNY"}}
    resolved = anna.decide(
        complaint,
        "resolve",
        {
            "decision": "upheld",
            "reason": "error-confirmed",
            "explanation": "银行回单延迟，两个工作日内退款。",
            "remedies": [remedy],
        },
    )
    anna.command(complaint, "answer", {"text": "处理结果见应用。", "kind": "final", "medium": "email"})
    stage.until(complaint, "delivery-recorded", times=3)
    app.command(complaint, "accept-resolution", {"text": "谢谢"})
    app.command(complaint, "rate", {"score": 5, "comment": "很快"})
    (promised,) = resolved["remedies"]
    stage.ledger.command(
        complaint, "fulfil-remedy", {"remedy_id": promised["remedy_id"], "reference": "LEDGER-REF-4711"}
    )
    ended = app.read(complaint)
    assert ended["status"]["code"] == "closed"
    assert ended["rating"] == {"score": 5, "comment": "很快"}
    assert [each["state"] for each in ended["remedies"]] == ["fulfilled"]
    assert [delivery["medium"] for letter in ended["letters"] for delivery in letter["deliveries"]] == ["email"] * 3


def withdrawal_delayed(stage: Stage) -> None:
    """提现三天未审核：未按时答复，催办，时限已过，高级处理人，处理结果"""
    app, chen = stage.app("story-2"), stage.handler("chen-senior")
    complaint = stage.enter(
        app.submit(
            category="withdrawal.delayed",
            description="提现三天了还在审核",
            complainant={"name": "李小红", "phone": "+86 139 1111 2222", "email": "xiaohong@example.com"},
            language="zh-CN",
        )
    )
    app.command(complaint, "follow-up", {"text": "请问处理到哪一步了？"})
    stage.until_missed(complaint, "first_answer")
    stage.until(complaint, "escalated")
    app.command(complaint, "follow-up", {"text": "已经过了你们承诺的日期。"})
    app.command(complaint, "follow-up", {"text": "请尽快处理。"})
    stage.until(complaint, "escalated", times=2)
    assert app.read(complaint)["level"] == 2
    chen.command(complaint, "assign", {"handler_id": "chen-senior", "team": "senior"})
    chen.command(complaint, "answer", {"text": "已联系审核部门。", "kind": "interim", "medium": "in_app"})
    chen.decide(
        complaint, "resolve", {"decision": "upheld", "reason": "error-confirmed", "explanation": "提现已放行。"}
    )
    resolved = app.read(complaint)
    assert (resolved["status"]["code"], state_of(resolved, "first_answer")) == ("resolved", "missed")


def account_takeover(stage: Stage) -> None:
    """账户被盗：紧急，立即请求冻结并确认，新的可疑交易，索取并补充资料（时限暂停），处理结果"""
    app, anna = stage.app("story-3"), stage.handler("anna")
    complaint = stage.enter(
        app.submit(
            category="account.takeover",
            description="我的账户被盗了，有人在转走我的钱",
            complainant={
                "name": "张伟",
                "phone": "+86 138 0013 8000",
                "safe_contact": "safe.contact@example.net",
            },
            preferred_medium="email",
        )
    )
    assert app.events(complaint)[:2] == ["submitted", "freeze-requested"]
    stage.ledger.command(complaint, "confirm-freeze", {"reference": "LEDGER-REF-4711"})
    suspicious = stage.upload(app, "screenshot", "可疑交易.png")
    app.command(complaint, "follow-up", {"text": "又有两笔可疑交易。", "evidence_ids": [suspicious]})
    anna.command(complaint, "request-information", {"items": ["screenshot"], "text": "请提供登录记录截图。"})
    wait_until(lambda: state_of(app.read(complaint), "final") == "paused", what="the house clock to pause")
    record = stage.upload(app, "screenshot", "登录记录.png")
    app.command(complaint, "provide-information", {"text": "登录记录如下。", "evidence_ids": [record]})
    wait_until(lambda: state_of(app.read(complaint), "final") == "running", what="the house clock to resume")
    anna.command(complaint, "answer", {"text": "账户已冻结，正在追回。", "kind": "interim", "medium": "email"})
    anna.decide(
        complaint,
        "resolve",
        {"decision": "upheld", "reason": "third-party-error", "explanation": "被盗金额已追回，账户已恢复。"},
    )
    wait_until(lambda: state_of(app.read(complaint), "freeze") == "met", what="the freeze to be kept in time")
    resolved = app.read(complaint)
    assert resolved["freeze"]["state"] == "confirmed"
    assert len(resolved["evidence"]) == 2 + _letters_kept(resolved)


def _letters_kept(complaint: dict[str, object]) -> int:
    """Letters are kept as evidence too."""
    evidence = complaint["evidence"]
    assert isinstance(evidence, list)
    return sum(1 for each in evidence if each["kind"] == "letter")


def refund_overdue(stage: Stage) -> None:
    """退款迟迟未到账：先等商家，优惠券补偿被拒绝，另一位处理人重新处理，第二次结果被接受，退款失败后改付并到账"""
    app, anna, bo = stage.app("story-4"), stage.handler("anna"), stage.handler("bo")
    complaint = stage.enter(
        app.submit(
            category="refund.overdue",
            description="商家说已经退款，但是钱一直没到",
            complainant={"name": "陈静"},
            disputed_amount={"amount": "129.90", "currency": "CNY"},
        )
    )
    anna.command(complaint, "await-third-party", {"third_party": "merchant", "text": "等待商家确认。"})
    assert app.read(complaint)["status"]["code"] == "waiting_on_third_party"
    anna.command(complaint, "record-third-party-answer", {"text": "商家确认已发起。"})
    coupon = {
        "decision": "partly_upheld",
        "reason": "goodwill",
        "explanation": "以优惠券补偿。",
        "remedies": [{"kind": "coupon", "due_on": "2030-12-31"}],
    }
    anna.decide(complaint, "resolve", coupon)
    rejected = app.command(
        complaint, "reject-resolution", {"reason": "not-enough", "reason_text": "我要退款，不要优惠券。"}
    )
    assert (rejected["status"]["code"], rejected["level"]) == ("in_progress", 1)
    refused(anna.attempt(complaint, "resolve", coupon), 409, "another-handler-required")
    refund = {"kind": "refund", "due_on": "2030-12-31", "amount": {"amount": "129.90", "currency": "CNY"}}
    bo.decide(
        complaint,
        "resolve",
        {"decision": "upheld", "reason": "error-confirmed", "explanation": "全额退款。", "remedies": [refund]},
    )
    assert app.command(complaint, "accept-resolution")["status"]["code"] == "closed"
    _paid_another_way(stage, complaint)


def _paid_another_way(stage: Stage, complaint: Complaint) -> None:
    """The refund fails at the ledger, a payment is promised instead, and paid: whole, once."""
    app, bo, ledger = stage.app("story-4"), stage.handler("bo"), stage.ledger
    owed = app.read(complaint)["remedies"][-1]["remedy_id"]
    ledger.command(complaint, "fail-remedy", {"remedy_id": owed, "reason": "account-closed"})
    amount = {"amount": "129.90", "currency": "CNY"}
    instead = {"kind": "payment", "due_on": "2030-12-31", "amount": amount}
    replaced = bo.command(
        complaint, "replace-remedy", {"remedy_id": owed, "reason": "another-way", "remedies": [instead]}
    )
    paid = {"remedy_id": replaced["remedies"][-1]["remedy_id"], "reference": "LEDGER-REF-4711", "amount": amount}
    path = f"/v1/complaints/{complaint['id']}/fulfil-remedy"
    refused(ledger.post(path, {**paid, "amount": {**amount, "amount": "100.00"}}), 409, "remedy-amount-differs")
    for _ in range(2):
        ledger.command(complaint, "fulfil-remedy", paid)
    refused(ledger.post(path, {**paid, "reference": "another payment"}), 409, "remedy-already-fulfilled")
    states = [(each["kind"], each["state"]) for each in app.read(complaint)["remedies"]]
    assert states == [("coupon", "lapsed"), ("refund", "replaced"), ("payment", "fulfilled")]
    assert app.events(complaint).count("remedy-fulfilled") == 1


def instalment_dispute(stage: Stage) -> None:
    """白条消费纠纷：两次升级，最终答复，外部机构立案，裁决具有约束力"""
    app, anna = stage.app("story-5"), stage.handler("anna")
    complaint = stage.enter(
        app.submit(
            category="credit.bnpl_dispute",
            description="白条账单不是我消费的",
            complainant={"name": "赵磊"},
            disputed_amount={"amount": "2300.00", "currency": "CNY"},
        )
    )
    for wish in ("请升级处理。", "请主管处理。"):
        app.command(complaint, "escalate", {"reason": "complainant-wish", "reason_text": wish})
    assert app.read(complaint)["level"] == 2
    anna.decide(
        complaint,
        "resolve",
        {"decision": "not_upheld", "reason": "no-error-found", "explanation": "消费记录与本人设备一致。"},
    )
    anna.command(complaint, "answer", {"text": "最终答复。", "kind": "final", "medium": "in_app"})
    referred = anna.command(
        complaint,
        "open-referral",
        {"kind": "consumer_association", "body": "cca", "reference": "PBC-2025-77"},
    )
    assert referred["level"] == 3
    (referral,) = referred["referrals"]
    payment = {"kind": "payment", "due_on": "2030-12-31", "amount": {"amount": "2300.00", "currency": "CNY"}}
    decided = anna.command(
        complaint,
        "decide-referral",
        {
            "referral_id": referral["referral_id"],
            "outcome": "for-complainant",
            "binding": True,
            "remedies": [payment],
        },
    )
    wait_until(lambda: state_of(app.read(complaint), "remedy") == "running", what="the remedy to be watched")
    (owed,) = decided["remedies"]
    stage.ledger.command(complaint, "fulfil-remedy", {"remedy_id": owed["remedy_id"], "reference": "LEDGER-REF-4711"})
    closed = anna.command(complaint, "close-referral", {"referral_id": referral["referral_id"], "reason": "decided"})
    assert closed["level"] == 2
    assert app.read(complaint)["referrals"][0]["reference"] == "PBC-2025-77"
    wait_until(lambda: state_of(app.read(complaint), "remedy") == "met", what="the remedy to be met")


def same_matter_twice(stage: Stage) -> None:
    """同一件事由应用和电话各提交一次：系统发现并建议，处理人确认关联，两份记录都保留"""
    app, anna = stage.app("story-6"), stage.handler("anna")
    first = stage.enter(
        app.submit(
            category="payment.failed",
            description="支付失败但是扣款了",
            complainant={"name": "Maria Rossi"},
            transactions=[{"transaction_id": "T20251122-0006"}],
        )
    )
    second = stage.enter(
        anna.submit(
            category="payment.failed",
            description="客户来电：支付失败但是扣款了",
            channel="phone",
            complainant={"wallet_user_id": "story-6", "name": "Maria Rossi"},
            transactions=[{"transaction_id": "t20251122-0006"}],
        )
    )
    assert first["parties"][0]["party_id"] == second["parties"][0]["party_id"]
    proposed = {each["complaint_id"]: each for each in anna.read(second)["handling"]["link_proposals"]}
    assert proposed[first["id"]]["because"] == ["same-transaction"]
    anna.command(second, "link", {"complaint_id": first["id"], "link": proposed[first["id"]]["link"]})
    assert app.read(second)["status"]["code"] == "closed"
    app.command(second, "follow-up", {"text": "还有一笔。"})
    on_primary = [entry for entry in app.history(first) if entry["complaint_id"] == second["id"]]
    assert [entry["type"] for entry in on_primary] == ["recourse.complaint.followed-up.v1"]
    assert {each["complaint_id"] for each in app.read(first)["links"]} == {second["id"]}
    assert app.events(second)[0] == "submitted"


def hostile_then_withdrawn(stage: Stage) -> None:
    """言辞激烈，随后撤回"""
    app, anna = stage.app("story-7"), stage.handler("anna")
    complaint = stage.enter(app.submit(category="service.attitude", description="你们这帮骗子，客服态度太差"))
    assert anna.read(complaint)["handling"]["flags"] == ["hostile-wording"]
    assert app.read(complaint)["handling"] is None
    withdrawn = app.command(complaint, "withdraw", {"reason": "no-longer-wanted"})
    assert withdrawn["status"]["code"] == "withdrawn"
    wait_until(lambda: state_of(app.read(complaint), "final") == "cancelled", what="the clocks to be cancelled")


STORIES: Mapping[str, Callable[[Stage], None]] = {
    "1": top_up_not_credited,
    "2": withdrawal_delayed,
    "3": account_takeover,
    "4": refund_overdue,
    "5": instalment_dispute,
    "6": same_matter_twice,
    "7": hostile_then_withdrawn,
}
