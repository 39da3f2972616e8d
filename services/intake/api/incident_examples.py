"""Examples of incidents and signals for the API's document."""

from typing import Any

COMPLAINT_ID = "019ab1f2-7c3d-7e4f-8a5b-6c7d8e9f0a1b"
SIGNAL_ID = "0b1c2d3e-4f50-5a6b-8c7d-9e0f1a2b3c4d"
INCIDENT_ID = "019ab1f2-9d0e-7a1b-8c2d-3e4f5a6b7c8d"
ANSWER_ID = "7d1c5e0a-2b3f-5a4c-9d8e-6f7a8b9c0d1e"

BODIES: dict[str, dict[str, Any]] = {
    "open_incident": {"name": "bank-outage-2026-03"},
    "group_complaints": {"filter": {"category": "topup.not_credited"}},
    "answer_incident": {
        "text": "一家合作银行的系统故障使充值延迟，所有款项将在今天 18:00 前入账。",
        "kind": "interim",
    },
    "close_incident": {},
}

INCIDENT: dict[str, Any] = {
    "id": INCIDENT_ID,
    "name": "bank-outage-2026-03",
    "version": 3,
    "signal_id": None,
    "opened_at": "2026-03-02T02:00:00Z",
    "closed_at": None,
    "grouped": 2000,
    "answers": [
        {
            "answer_id": ANSWER_ID,
            "answered_at": "2026-03-02T02:05:00Z",
            "kind": "interim",
            "medium": None,
            "decision": None,
            "text": "一家合作银行的系统故障使充值延迟，所有款项将在今天 18:00 前入账。",
            "total": 2000,
            "done": 1400,
            "refused": 3,
            "remaining": 597,
        }
    ],
}
LISTED = {name: INCIDENT[name] for name in ("id", "name", "opened_at", "closed_at")}
LETTER = {"answer_id": ANSWER_ID, "complaint_id": COMPLAINT_ID, "state": "refused", "code": "complaint-closed"}
SIGNAL: dict[str, Any] = {
    "id": SIGNAL_ID,
    "category": {"code": "topup.not_credited", "label": "Top-up not credited"},
    "raised_at": "2026-03-02T01:58:13Z",
    "from_at": "2026-03-02T00:58:12Z",
    "to_at": "2026-03-02T01:58:12Z",
    "counted": 14,
    "threshold": 14,
    "baseline": [3, 2, 4, 3],
    "incident": {"id": INCIDENT_ID, "name": "bank-outage-2026-03", "status": "open"},
}

ANSWERS: dict[str, dict[str, Any]] = {
    **dict.fromkeys(
        ("open_incident", "group_complaints", "answer_incident", "close_incident", "get_incident"), INCIDENT
    ),
    "list_incidents": {"data": [LISTED], "next_cursor": None, "has_more": False},
    "list_incident_letters": {"data": [LETTER], "next_cursor": None, "has_more": False},
    "list_signals": {"data": [SIGNAL], "next_cursor": None, "has_more": False},
    "get_signal": {**SIGNAL, "complaint_ids": [COMPLAINT_ID]},
}
