"""`recourse remedies`: what is owed, and the sums of it, as operators read them."""

from tests.conftest import Running
from tests.system.commanding import complaint_of, recourse, said, said_json

AMOUNT = {"amount": "129.90", "currency": "CNY"}
PROMISES = [
    {"kind": "refund", "due_on": "2025-10-10", "amount": AMOUNT, "unconditional": True},
    {"kind": "refund", "due_on": "2100-10-11", "amount": AMOUNT, "unconditional": True},
    {"kind": "apology", "due_on": "2025-10-09"},
]
BODY = {"decision": "upheld", "reason": "error-confirmed", "explanation": "已查明原因", "remedies": PROMISES}


def test_remedies_are_listed_filtered_and_added_up(running: Running) -> None:
    complaint = running.api.as_app("u-1").submit()
    running.api.as_handler().decide(complaint, "resolve", BODY)
    directory = running.backend.settings.data_dir
    listed = said_json(directory, "remedies")
    assert [(row["due_on"], row["state"], row["amount"]) for row in listed] == [
        ("2025-10-09", "promised", None),
        ("2025-10-10", "overdue", "129.90"),
        ("2100-10-11", "promised", "129.90"),
    ]
    assert {row["number"] for row in listed} == {complaint["number"]}
    assert [row["kind"] for row in said_json(directory, "remedies", "--due-before", "2025-10-10")] == ["apology"]
    head, *lines = said(directory, "remedies", "--totals", "--state", "overdue").splitlines()
    assert head.split("\t") == ["currency", "state", "kind", "category", "count", "amount"]
    assert [line.split("\t") for line in lines] == [
        ["CNY", "overdue", "refund", "topup.not_credited", "1", "129.90"],
    ]
    assert "no day such as" in complaint_of(recourse(directory, "remedies", "--due-before", "soon"))
    assert "no tenant" in complaint_of(recourse(directory, "remedies", "--tenant", "nobody"))
