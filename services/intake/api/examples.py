"""One example for every route; the tests send each body and check each answer against its schema."""

from typing import Any

from services.intake.api import incident_examples, letter_examples, queue_examples, referral_examples, remedy_examples
from services.intake.api.story_example import STORY

COMPLAINT_ID = "019ab1f2-7c3d-7e4f-8a5b-6c7d8e9f0a1b"
PARTY_ID = "5f0c2f3e-6d1b-4c7e-9f10-2b3c4d5e6f70"
CLOCK_ID = "2b7e4c1a-9d8f-5e6a-b0c1-d2e3f4a5b6c7"
OTHER_ID = "0b1c2d3e-4f50-4a6b-8c7d-9e0f1a2b3c4d"

REASONED: dict[str, Any] = {"reason_text": "See the attached record."}

BODIES: dict[str, dict[str, Any]] = {
    "submit_complaint": {
        "category": "topup.not_credited",
        "description": "充值 500 元，银行已扣款，钱包余额没有变化。",
        "complainant": {"name": "周明", "phone": "+86 138 0000 0000", "email": "zhouming@example.com"},
        "language": "zh-CN",
        "preferred_medium": "email",
        "desired_outcome": {"kind": "refund", "amount": {"amount": "500.00", "currency": "CNY"}},
        "disputed_amount": {"amount": "500.00", "currency": "CNY"},
        "transactions": [
            {
                "transaction_id": "T20251120-0042",
                "at": "2025-11-22T09:30:00+08:00",
                "amount": {"amount": "500.00", "currency": "CNY"},
                "top_up_method": "bank card",
            }
        ],
        "client_reference": "wallet-42",
        "metadata": {"app_version": "8.1.0"},
    },
    "follow_up": {"text": "已经两天了，请问处理到哪一步了？"},
    "add_evidence": {"evidence_ids": [OTHER_ID], "text": "The bank's record."},
    "add_note": {"text": "Called the bank, they confirm the debit."},
    "change_contact": {"contact": {"email": "new@example.com"}, "preferred_medium": "email"},
    "answer": {"text": "We found the payment at the bank and are crediting it.", "kind": "interim", "medium": "email"},
    "record_delivery": {"letter_id": OTHER_ID, "medium": "letter", "attempt": 1, "outcome": "delivered"},
    "request_information": {"items": ["bank-record"], "text": "Please send the bank's record of the debit."},
    "provide_information": {"text": "Here it is.", "evidence_ids": []},
    "await_third_party": {"third_party": "merchant", "text": "The merchant has to confirm the return."},
    "record_third_party_answer": {"text": "The merchant confirms."},
    "acknowledge": {},
    "classify": {"complexity": "complex", "root_cause": "system_fault", "reason": "investigation"},
    "assign": {"handler_id": "anna", "team": "front_line"},
    "escalate": {"reason": "complainant-wish", **REASONED},
    "extend": {"clock_id": CLOCK_ID, "amount": 3, "reason": "awaiting-third-party"},
    "resolve": {
        "decision": "upheld",
        "reason": "error-confirmed",
        "explanation": "The top-up was stuck between the bank and us. We credit it today.",
        "points": [{"point": "The money did not arrive", "answer": "It arrives today."}],
        "remedies": [{"kind": "refund", "due_on": "2025-11-26", "amount": {"amount": "500.00", "currency": "CNY"}}],
    },
    "accept_resolution": {"text": "Thank you."},
    "reject_resolution": {"reason": "not-enough", "reason_text": "The fee is missing."},
    "rate": {"score": 5, "comment": "Quick."},
    "reopen": {"reason": "remedy-missing", "reason_text": "The money did not come."},
    "withdraw": {"reason": "solved"},
    "decline": {"reason": "not_our_customer"},
    "close": {"reason": "rejected_twice"},
    "verify_identity": {"party_id": PARTY_ID, "method": "video-call", "result": "passed"},
    "request_freeze": {"reason": "theft"},
    "confirm_freeze": {"reference": "FRZ-1"},
    "refuse_freeze": {"reason": "not-owner"},
    **remedy_examples.BODIES,
    **referral_examples.BODIES,
    "link": {"complaint_id": OTHER_ID, "link": "duplicate"},
    "dismiss_link_proposal": {"complaint_id": OTHER_ID, "reason": "another-matter"},
    "unlink": {"complaint_id": OTHER_ID, "reason": "mistake"},
    "place_legal_hold": {"reason": "litigation"},
    "lift_legal_hold": {"hold_id": OTHER_ID, "reason": "ended"},
    "erase_personal_data": {"reason": "person-request"},
    "preview_policies": {"category": "topup.not_credited"},
    **letter_examples.BODIES,
    **queue_examples.BODIES,
    **incident_examples.BODIES,
}

PROMISE: dict[str, Any] = {
    "clock_id": CLOCK_ID,
    "clock": "final",
    "owner": "wallet",
    "source": "house",
    "due_at": "2025-11-26T16:00:00Z",
    "due_on": "2025-11-26",
    "time_zone": "Asia/Shanghai",
    "state": "running",
    "policy": "seed-default",
    "policy_version": "1",
    "verified": True,
    "beyond_calendar": False,
    "extended": False,
    "referable_to": [],
    "referable_from": None,
}

COMPLAINT: dict[str, Any] = {
    "id": COMPLAINT_ID,
    "number": "7K3M-92QFV-8X",
    "version": 3,
    "promises_revision": 2,
    "status": {"code": "acknowledged", "label": "Acknowledged"},
    "level": 0,
    "category": {"code": "topup.not_credited", "label": "Top-up not credited"},
    "urgent": False,
    "channel": "app",
    "language": "zh-CN",
    "preferred_medium": "email",
    "received_at": "2025-11-22T02:00:00Z",
    "submitted_at": "2025-11-22T02:00:00Z",
    "updated_at": "2025-11-22T02:00:01Z",
    "parties": [{"party_id": PARTY_ID, "role": "complainant", "person": {"name": "周明"}}],
    "description": "充值 500 元，银行已扣款，钱包余额没有变化。",
    "already_tried": None,
    "grounds": None,
    "desired_outcome": {"kind": "refund", "amount": {"amount": "500.00", "currency": "CNY"}},
    "disputed_amount": {"amount": "500.00", "currency": "CNY"},
    "transactions": [{"transaction_id": "T20251120-0042", "top_up_method": "bank card"}],
    "account_id": None,
    "client_reference": "wallet-42",
    "metadata": {"app_version": "8.1.0"},
    "regulator": None,
    "evidence": [],
    "information_requests": [],
    "third_party_waits": [],
    "letters": [],
    "freeze": None,
    "resolution": None,
    "remedies": [],
    "rating": None,
    "referrals": [],
    "referable": [],
    "links": [],
    "erased_parties": [],
    "promises_state": "ready",
    "promises": [PROMISE],
    "missing": [{"code": "bank-record", "label": "The bank's record of the debit"}],
    "next_step": {"code": "resolve", "label": "We decide", "who": "wallet", "by": PROMISE},
    "reopen_until": None,
    "allowed_actions": ["follow-up", "add-evidence", "withdraw"],
    "handling": None,
}

POLICY: dict[str, Any] = {
    "name": "seed-default",
    "version": "1",
    "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "family": "house",
    "source": "house",
    "citation": "House promise.",
    "verified": True,
    "unverified": [],
    "keep_years": 3,
    "effective_from": "2020-01-01",
    "effective_to": None,
    "calendar": "cn",
    "calendar_version": "1",
    "covers_until": "2026-12-31",
    "time_zone": "Asia/Shanghai",
    "clocks": [
        {
            "name": "final",
            "owner": "wallet",
            "starts": "received",
            "target": "3 business_days",
            "pauses": True,
            "extension": "3 business_days",
            "second_stage": None,
            "refers_to": [],
            "on_missed": "raise_level",
        }
    ],
}

PREVIEWED: dict[str, Any] = {
    "policy": "seed-default",
    "policy_version": "1",
    "source": "house",
    "citation": "House promise.",
    "verified": True,
    "unverified": [],
    "because": "the first of family house that matches: it asks for nothing",
    "clocks": [
        {
            "clock": "final",
            "owner": "wallet",
            "due_at": "2025-11-26T16:00:00Z",
            "due_on": "2025-11-26",
            "time_zone": "Asia/Shanghai",
            "beyond_calendar": False,
        }
    ],
}

NOTICE: dict[str, Any] = {
    "notification_id": OTHER_ID,
    "complaint_id": COMPLAINT_ID,
    "sent_at": "2025-11-22T02:00:02Z",
    "recipient": "team front_line",
    "template": "staff-escalated",
    "language": "en",
    "subject": "Complaint 7K3M-92QFV-8X climbed to level 1",
    "text": "A promised date was missed.",
}

UPLOADED: dict[str, Any] = {
    "evidence_id": OTHER_ID,
    "kind": "transaction_record",
    "file_name": "bank.png",
    "media_type": "image/png",
    "size_bytes": 48213,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "complaint_id": None,
    "uploaded_at": "2025-11-22T02:00:00Z",
    "expires_at": "2025-11-24T02:00:00Z",
}

LISTED = (
    "id",
    "number",
    "version",
    "status",
    "level",
    "category",
    "urgent",
    "received_at",
    "submitted_at",
    "updated_at",
)

ANSWERS: dict[str, Any] = {
    **dict.fromkeys(BODIES, COMPLAINT),
    "preview_policies": {
        "received_at": "2025-11-22T02:00:00Z",
        "data": [PREVIEWED],
        "passed_over": [],
        "timeline": [],
    },
    "due_board": {"now": "2025-11-22T02:00:00Z", "stopped_because": None, "counts": [], "data": []},
    "list_policies": {"data": [POLICY]},
    "get_policy": POLICY,
    "read_outbox": {"data": [NOTICE]},
    "get_complaint": COMPLAINT,
    "upload_evidence": UPLOADED,
    "get_evidence": UPLOADED,
    "list_complaints": {
        "data": [
            {
                **{name: COMPLAINT[name] for name in LISTED},
                "assigned_to": None,
            }
        ],
        "next_cursor": None,
        "has_more": False,
    },
    "get_story": STORY,
    "get_history": {
        "data": [
            {
                "event_id": OTHER_ID,
                "complaint_id": COMPLAINT_ID,
                "version": 1,
                "type": "recourse.complaint.submitted.v1",
                "occurred_at": "2025-11-22T02:00:00Z",
                "recorded_at": "2025-11-22T02:00:00Z",
                "actor": {"type": "service", "id": None},
                "on_behalf_of": PARTY_ID,
                "channel": "app",
                "causation_id": None,
                "fields": {"number": "7K3M-92QFV-8X", "category": "topup.not_credited"},
            }
        ]
    },
    "list_categories": {
        "data": [
            {
                "code": "topup.not_credited",
                "label": "Top-up not credited",
                "urgent": False,
                "complexity": "simple",
                "guidance": {
                    "bring": [{"code": "bank-record", "label": "The bank's record of the debit"}],
                    "try_first": "Check that the bank has debited you.",
                },
            }
        ]
    },
    **remedy_examples.ANSWERS,
    **referral_examples.ANSWERS,
    "list_reasons": {"data": {"withdraw": [{"code": "solved", "label": "It is solved"}]}},
    **letter_examples.ANSWERS,
    **queue_examples.ANSWERS,
    **incident_examples.ANSWERS,
}
