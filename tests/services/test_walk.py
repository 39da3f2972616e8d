"""One complaint walks through every service."""

from tests.conftest import Running


def test_a_submitted_complaint_is_acknowledged_with_its_promised_dates(running: Running) -> None:
    app = running.api.as_app("u-1")
    complaint = app.submit(complainant={"name": "王小明", "email": "xiaoming@example.com"}, preferred_medium="email")
    running.settle()
    assert app.events(complaint) == ["submitted", "acknowledged", "delivery-recorded"]
    assert app.read(complaint)["status"]["code"] == "acknowledged"
    assert [promise["clock"] for promise in complaint["promises"]] == ["first_answer", "final"]
    assert [promise["due_on"] for promise in complaint["promises"]] == ["2025-09-28", "2025-09-30"]
