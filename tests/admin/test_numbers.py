"""The numbers of a period; on both databases."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re

import pytest
from sqlalchemy import ColumnElement, select, update

from admin.charts import Bar, bar_chart
from carrier.segments import count
from db.models import Appointment, Audit, InboundText, Reminder
from db.tasks import NewTask, open_task
from tests.support.data import booked
from tests.support.site import TestSite, Visitor
from tests.support.statements import counted_statements
from tests.support.visits import local

PERIOD = "since=2026-11-20&until=2026-12-05"


@pytest.fixture
def desk(site: TestSite) -> Visitor:
    return site.visitor()


def table(desk: Visitor, name: str, period: str = PERIOD) -> dict[str, list[str]]:
    """A table's rows by their first cell, as they are exported."""
    answer = desk.get(f"/admin/numbers/{name}.csv?{period}")
    assert answer.status_code == 200, answer.text
    text = answer.get_data().decode("utf-8-sig")
    return {row[0]: row[1:] for row in csv.reader(io.StringIO(text, newline=""))}


def visit(site: TestSite, number: int, **changes: object) -> int:
    values: dict[str, object] = {
        "external_id": f"A-{number}",
        "first_name": f"Ada{chr(96 + number)}",
        "phone": f"+1828555{number:04}",
        **changes,
    }
    return booked(site.database, site.profiles["ara-health"], site.clock(), **values)


def store(
    site: TestSite,
    model: type[Appointment | Reminder],
    where: ColumnElement[bool],
    **values: object,
) -> None:
    with site.database.transaction() as session:
        session.execute(update(model).where(where).values(**values))


def sent(site: TestSite, appointment: int, kind: str, late: float, status: str) -> None:
    """A reminder went out so many seconds after its moment."""
    with site.database.transaction() as session:
        row = session.scalars(
            select(Reminder).where(Reminder.appointment_id == appointment, Reminder.kind == kind)
        ).one()
        row.sent_at, row.status = row.due_at + dt.timedelta(seconds=late), status
        row.segments, row.next_at = 2, None


def test_patients_reached_and_what_they_answered(site: TestSite, desk: Visitor) -> None:
    keys = [visit(site, number) for number in range(1, 6)]
    sent(site, keys[0], "day_before", 1, "delivered")
    sent(site, keys[1], "day_before", 1, "sent")
    day = local("2026-12-01T08:30")
    for key, values in (
        (keys[0], {"answer": "confirmed", "answered_at": site.clock()}),
        (keys[1], {"answer": "cannot_come", "answered_at": day - dt.timedelta(hours=3)}),
        (keys[2], {"status": "cancelled", "updated_at": day - dt.timedelta(hours=2)}),
        (keys[3], {"status": "cancelled", "updated_at": day - dt.timedelta(hours=40)}),
        (keys[4], {"status": "no_show"}),
    ):
        store(site, Appointment, Appointment.id == key, **values)
    found = table(desk, "patients")
    assert {words: cells[0] for words, cells in found.items()} == {
        "What": "Count",
        "Patients with an appointment": "5",
        "Reached: a message was delivered": "1",
        "Sent to, without a receipt": "1",
        "Appointments": "5",
        "Confirmed by the patient": "1",
        "Patient cannot come": "1",
        "Cancelled": "2",
        "Did not come": "1",
    }
    late = table(desk, "unprepared")
    assert late["Cancelled less than 24 hours before"] == ["1"]
    assert late["Patient said so less than 24 hours before"] == ["1"]
    assert table(desk, "patients", "since=2026-12-02&until=2026-12-05")["Appointments"] == ["0"]


def test_lateness_by_percentile_and_bucket(site: TestSite, desk: Visitor) -> None:
    for number in range(1, 21):
        late = {19: 30.0, 20: 5000.0}.get(number, 2.0)
        sent(site, visit(site, number), "day_before", late, "delivered")
    found = table(desk, "lateness")
    assert found["Median"] == ["2 s"]
    assert found["95 of 100 at most"] == ["30 s"]
    assert found["Worst"] == ["83 min"]
    assert found["up to 5 seconds"] == ["18"]
    assert found["up to 4 hours"] == ["1"]
    assert table(desk, "lateness", "since=2026-12-02&until=2026-12-05")["Median"] == ["none sent"]


def test_messages_and_segments_by_channel(site: TestSite, desk: Visitor) -> None:
    keys = [visit(site, number) for number in (1, 2)]
    sent(site, keys[0], "day_before", 1, "delivered")
    sent(site, keys[1], "day_before", 1, "failed")
    store(site, Reminder, Reminder.appointment_id == keys[0], channel="voice")
    found = table(desk, "messages")
    assert found["Calls"] == ["1", "2"]
    assert found["Texts"] == ["0", "0"]
    assert table(desk, "outcomes")["Failed"] == ["1"]


def test_questions_by_topic_and_those_without_an_answer(site: TestSite, desk: Visitor) -> None:
    visit(site, 1)
    with site.database.transaction() as session:
        for number, (kind, labels) in enumerate(
            [("answer", "prep.fasting"), ("answer", "prep.fasting"), ("unknown", "")]
        ):
            about = {"media": 0, "rule": "", "response": "", "reply": "x" * 200, "body": "?"}
            about |= {"segments": count("x" * 200).count, "at": site.clock(), "contact_id": 1}
            session.add(InboundText(sid=f"S{number}", kind=kind, labels=labels, **about))
        for topic in ("prep.driver", "prep.fasting"):
            new = NewTask("ara-health", "question", "normal", topic=topic)
            open_task(session, new, site.clock())
    found = table(desk, "questions")
    assert found["How to get ready: Fasting"] == ["2", "1", "1"]
    assert found["not understood"] == ["1", "0", "0"]
    assert found["How to get ready: Ride home"] == ["0", "1", "1"]
    assert table(desk, "messages")["Answers to texts"] == ["3", "6"]


def test_a_period_that_is_none_is_told(site: TestSite, desk: Visitor) -> None:
    for period, said in (
        ("since=2026-12-05&until=2026-12-01", "It lies before the first day."),
        ("since=2020-01-01&until=2026-12-01", "Choose at most a year."),
        ("since=&until=", "Choose a day."),
    ):
        answer = desk.get(f"/admin/numbers?{period}")
        assert (answer.status_code, said in answer.text) == (422, True)
        assert desk.get(f"/admin/numbers/patients.csv?{period}").status_code == 400
    assert desk.get(f"/admin/numbers/nothing.csv?{PERIOD}").status_code == 404
    desk.get(f"/admin/numbers/patients.csv?{PERIOD}")
    with site.database.reading() as session:
        entries = session.scalars(select(Audit.detail).where(Audit.action == "numbers_exported"))
        assert list(entries) == [
            '{"since": "2026-11-20", "table": "patients", "until": "2026-12-05"}'
        ]


def test_more_rows_need_no_more_statements(site: TestSite, desk: Visitor) -> None:
    desk.get("/admin/numbers")
    lengths = []
    for numbers in (range(1, 3), range(3, 30)):
        for number in numbers:
            sent(site, visit(site, number), "day_before", number, "delivered")
        with counted_statements(site.database) as statements:
            page = desk.get(f"/admin/numbers?{PERIOD}").text
        lengths.append(len(statements))
    assert lengths[0] == lengths[1]
    assert len(re.findall(r"<svg[^>]*role=\"img\"", page)) == 5  # nobody asked anything


def test_a_chart_says_what_it_shows_and_escapes_it() -> None:
    drawn = bar_chart("x", "A <title>", "What & why", [Bar("<b>", 5, "5"), Bar("none", 0, "0")])
    assert '<title id="x-title">A &lt;title&gt;</title>' in drawn
    assert "&lt;b&gt;" in drawn
    assert [float(wide) for wide in re.findall(r'width="([\d.]+)" height="22"', drawn)] == [300, 1]
    assert bar_chart("y", "t", "d", []).count("<rect") == 0
