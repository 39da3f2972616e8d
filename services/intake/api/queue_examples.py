"""Examples of queues, tasks and searches for the API's document."""

from typing import Any

QUEUED: dict[str, Any] = {
    "id": "019ab1f2-7c3d-7e4f-8a5b-6c7d8e9f0a1b",
    "number": "7K3M-92QFV-8S",
    "version": 5,
    "status": {"code": "in_progress", "label": "In progress"},
    "level": 0,
    "category": {"code": "topup.not_credited", "label": "Top-up not credited"},
    "urgent": False,
    "language": "zh-CN",
    "assigned_to": "anna",
    "team": "front_line",
    "received_at": "2025-11-22T02:00:00Z",
    "submitted_at": "2025-11-22T02:00:00Z",
    "updated_at": "2025-11-22T02:05:00Z",
    "ended_at": None,
    "decision": None,
    "reason": None,
    "clock": "first_answer",
    "due_at": "2025-11-24T16:00:00Z",
    "due_on": "2025-11-24",
    "late": False,
}
QUEUE: dict[str, Any] = {"data": [QUEUED], "next_cursor": None, "has_more": False}
SAVED: dict[str, Any] = {"name": "Late refunds", "filter": {"category": ["refund.overdue"], "standing": "late"}}
SAVED_AS: dict[str, Any] = {
    **SAVED,
    "id": "3d9f2c1e-4b5a-4c6d-8e7f-9a0b1c2d3e4f",
    "owner": "anna",
    "team": None,
    "sort": "due",
    "complaints": 4,
    "or_more": False,
}
COUNT: dict[str, Any] = {"complaints": 14, "late": 1, "due_today": 3}

BODIES: dict[str, dict[str, Any]] = {
    "take": {},
    "release": {"reason": "handed-back"},
    "save_filter": SAVED,
    "change_filter": SAVED,
    "search_complaints": {"phone": "138 0000 0000", "category": ["topup.not_credited"], "limit": 20},
}
ANSWERS: dict[str, Any] = {
    "count_queues": {
        "now": "2025-11-22T02:30:00Z",
        "tonight": "2025-11-22T16:00:00Z",
        "data": [{"queue": "mine", "of": "anna", **COUNT, "levels": [{"level": 0, **COUNT}]}],
    },
    "list_tasks": {
        "data": [
            {
                "task_id": "0b1c2d3e-4f50-4a6b-8c7d-9e0f1a2b3c4d",
                "complaint_id": "019ab1f2-7c3d-7e4f-8a5b-6c7d8e9f0a1b",
                "number": "7K3M-92QFV-8X",
                "kind": "request-freeze",
                "level": 1,
                "assigned_to": "anna",
                "opened_at": "2025-11-22T02:00:00Z",
            }
        ],
        "next_cursor": None,
        "has_more": False,
    },
    "save_filter": SAVED_AS,
    "change_filter": SAVED_AS,
    "forget_filter": SAVED_AS,
    "list_saved_filters": {"data": [SAVED_AS]},
    "show_saved_filter": QUEUE,
    "show_queue": QUEUE,
    "search_complaints": QUEUE,
}
