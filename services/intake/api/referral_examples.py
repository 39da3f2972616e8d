"""The examples of the routes for outside bodies."""

from typing import Any

REFERRAL_ID = "0b1c2d3e-4f50-4a6b-8c7d-9e0f1a2b3c4d"

BODIES: dict[str, dict[str, Any]] = {
    "open_referral": {"body": "pbc", "reference": "PBC-2025-1", "reply_due_on": "2025-12-05"},
    "decide_referral": {"referral_id": REFERRAL_ID, "outcome": "for-complainant", "binding": True},
    "close_referral": {"referral_id": REFERRAL_ID, "reason": "decided"},
}

ANSWERS: dict[str, Any] = {
    "list_bodies": {
        "data": [
            {
                "code": "fos",
                "label": "Financial Ombudsman Service, United Kingdom",
                "kind": "ombudsman",
                "jurisdictions": ["GB"],
                "regulated_services": ["payment", "e_money", "credit"],
                "address": "Exchange Tower, London E14 9SR",
                "phone": "0800 023 4567",
                "web": "https://www.financial-ombudsman.org.uk",
                "limits": [
                    {
                        "amount": 6,
                        "unit": "months",
                        "counts_from": "final_answer",
                        "source": "DISP 2.8.2R(1)",
                        "verified": True,
                    }
                ],
                "source": "Complaints pages of firms under DISP",
                "verified": True,
            }
        ]
    }
}
