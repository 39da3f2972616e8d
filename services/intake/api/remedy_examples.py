"""The examples of the routes for remedies."""

from typing import Any

AMOUNT = {"amount": "500.00", "currency": "CNY"}
LOST_ID, NEW_ID = "0b1c2d3e-4f50-4a6b-8c7d-9e0f1a2b3c4d", "1c2d3e4f-5061-4b7c-9d8e-0f1a2b3c4d5e"
CATEGORY = {"code": "topup.not_credited", "label": "Top-up not credited"}

BODIES: dict[str, dict[str, Any]] = {
    "fulfil_remedy": {"remedy_id": LOST_ID, "reference": "LEDGER-1", "amount": AMOUNT},
    "fail_remedy": {"remedy_id": LOST_ID, "reason": "account-closed"},
    "replace_remedy": {
        "remedy_id": LOST_ID,
        "reason": "another-way",
        "remedies": [{"kind": "payment", "due_on": "2025-12-05", "amount": AMOUNT}],
    },
}

ANSWERS: dict[str, Any] = {
    "list_remedies": {
        "data": [
            {
                "complaint_id": "019ab1f2-7c3d-7e4f-8a5b-6c7d8e9f0a1b",
                "number": "7K3M-92QFV-8X",
                "remedy_id": NEW_ID,
                "category": CATEGORY,
                "kind": "payment",
                "state": "promised",
                "awaits_acceptance": False,
                "due_on": "2025-12-05",
                "amount": AMOUNT,
                "replaces": LOST_ID,
                "promised_at": "2025-11-26T02:00:00Z",
                "settled_at": None,
            }
        ],
        "next_cursor": None,
        "has_more": False,
    },
    "total_remedies": {
        "data": [
            {
                "currency": "CNY",
                "state": "promised",
                "kind": "payment",
                "category": CATEGORY,
                "count": 1,
                "amount": "500.00",
            }
        ]
    },
}
