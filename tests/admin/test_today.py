"""The list of days: who is on it, how each appointment stands, and what filters leave; on both
databases."""

from __future__ import annotations

import re
from html import unescape

import pytest
from sqlalchemy import delete, select, update

from admin import visit_list
from db.contacts import lock_contact, set_contact
from db.models import Appointment, Audit, Clinic, Reminder
from db.prep_answers import record_prep_answer
from db.tasks import NewTask, open_task
from tests.support.csv_files import NOW
from tests.support.data import booked
from tests.support.queries import counted
from tests.support.site import TestSite, Visitor
from tests.support.visits import local

PHONE = "+18285550173"


def rows(visitor: Visitor, query: str = "") -> list[list[str]]:
    """The text of each row's cells: time, patient, answer, messages, open questions."""
    return cells(visitor.get(f"/admin/{query}").text)


def cells(page: str) -> list[list[str]]:
    found = re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)
    texts = []
    for row in found:
        parts = re.findall(r"<t[hd](?! scope=\"col\")[^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        texts.append([text_of(part) for part in parts])
    return [text for text in texts if text]


def text_of(page: str) -> str:
    """What a person reads of a piece of a page."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def names(visitor: Visitor, query: str = "") -> list[str]:
    return [row[1].split()[0] for row in rows(visitor, query)]


def headings(visitor: Visitor, query: str = "") -> list[str]:
    found = re.findall(
        r"<h2 id=\"day-.*?>(.*?)</h2>", visitor.get(f"/admin/{query}").text, re.DOTALL
    )
    return [" ".join(re.sub(r"<[^>]+>", " ", each).split()) for each in found]


def book(site: TestSite, name: str, starts: str, clinic: str = "ara-health", **more: object) -> int:
    profile = site.profiles[clinic]
    starts_at = local(starts, profile.time_zone)
    values = {"external_id": f"A-{name}", "first_name": name, "starts_at": starts_at, **more}
    return booked(site.database, profile, NOW, **values)


def change(site: TestSite, appointment: int, **values: object) -> None:
    with site.database.transaction() as session:
        session.execute(update(Appointment).where(Appointment.id == appointment).values(**values))


def settle(site: TestSite, appointment: int, kind: str, **values: object) -> None:
    with site.database.transaction() as session:
        session.execute(
            update(Reminder)
            .where(Reminder.appointment_id == appointment, Reminder.kind == kind)
            .values(next_at=None, **values)
        )


def test_days_are_those_of_each_clinic(site: TestSite) -> None:
    site.load("iowa-radiology")
    book(site, "Yesterday", "2026-11-19T23:59")
    book(site, "Late", "2026-11-20T23:45")  # the next day already in UTC
    book(site, "Early", "2026-11-21T00:15")
    book(site, "Iowan", "2026-11-20T23:50", "iowa-radiology")
    book(site, "Third", "2026-11-22T23:59")
    book(site, "Fourth", "2026-11-23T00:00")
    visitor = site.visitor()
    assert names(visitor) == ["Late", "Iowan", "Early", "Third"]
    assert headings(visitor) == [
        "Fri, Nov 20, 2026 ARA Health",
        "Fri, Nov 20, 2026 Iowa Radiology",
        "Sat, Nov 21, 2026 ARA Health",
        "Sun, Nov 22, 2026 ARA Health",
    ]
    assert rows(visitor)[1][0] == "11:50 PM"
    assert "Time (CST)" in visitor.get("/admin/").text
    assert names(visitor, "?since=2026-11-23") == ["Fourth"]
    assert names(visitor, "?since=2026-11-19&until=2026-11-20") == ["Yesterday", "Late", "Iowan"]
    assert names(visitor, "?clinic=iowa-radiology") == ["Iowan"]
    visitor.post("/admin/clinic", {"clinic": "iowa-radiology"})
    assert names(visitor) == ["Iowan"]
    assert names(visitor, "?clinic=ara-health") == ["Late", "Early", "Third"]


def test_how_each_appointment_stands(site: TestSite) -> None:
    states: dict[str, tuple[dict[str, object], str]] = {
        "Open": ({"answer": None}, "Not confirmed"),
        "Sure": ({"answer": "confirmed"}, "Confirmed"),
        "Unable": ({"answer": "cannot_come"}, "Cannot come"),
        "Off": ({"status": "cancelled", "answer": "confirmed"}, "Cancelled"),
        "Here": ({"status": "arrived"}, "Arrived"),
        "Away": ({"status": "no_show"}, "Did not come"),
    }
    for minute, (name, (values, _)) in enumerate(states.items()):
        key = book(site, name, f"2026-11-21T09:{minute:02}", phone=f"+1828555010{minute}")
        change(site, key, **values)
    visitor = site.visitor()
    assert [row[2] for row in rows(visitor)] == [words for _, words in states.values()]
    counts = text_of(visitor.get("/admin/").text)
    assert "5 appointments: 1 confirmed, 1 not confirmed, 1 cannot come." in counts
    assert names(visitor, "?unconfirmed=y") == ["Open"]
    assert names(visitor, "?problems=y") == ["Unable"]
    assert names(visitor, "?problems=y&unconfirmed=y") == []
    assert "No appointment is like that" in visitor.get("/admin/?problems=y&unconfirmed=y").text


def test_messages_are_told_in_plain_words(site: TestSite) -> None:
    key = book(site, "Rosa", "2026-11-22T15:30")
    sent = {"sent_at": NOW, "status": "delivered", "reason": None}
    settle(site, key, "booked", **sent)
    settle(site, key, "day_before", status="failed", reason="undelivered", sent_at=NOW)
    (row,) = rows(site.visitor())
    assert row[3] == (
        "Booking notice delivered Fri, Nov 20, 1:00 PM "
        "Day before failed. It was sent, but the patient's phone company did not deliver it. "
        "Fasting start planned Sun, Nov 22, 9:00 AM"
    )
    settle(site, key, "day_before", status="sent", reason=None, sent_at=NOW)
    settle(site, key, "fasting_start", status="sending", reason=None)
    (row,) = rows(site.visitor())
    assert row[3] == (
        "Booking notice delivered Fri, Nov 20, 1:00 PM "
        "Day before sent Fri, Nov 20, 1:00 PM, delivery not confirmed yet "
        "Fasting start going out now"
    )


def test_what_a_problem_is(site: TestSite) -> None:
    for number, name in enumerate(["Fine", "Failed", "Out", "Asked", "Wrote", "Silent"]):
        book(site, name, f"2026-11-22T1{number}:00", phone=f"+1828555017{number}")
    with site.database.reading() as session:
        keys = dict(session.execute(select(Appointment.external_id, Appointment.id)).all())
    settle(site, keys["A-Failed"], "day_before", status="missed", reason="too_late")
    book(site, "Dumb", "2026-11-22T17:00", phone="+18285550177", sms_consent=False)
    with site.database.transaction() as session:
        contact = lock_contact(session, "ara-health", "+18285550172", NOW)
        set_contact(session, contact.id, opted_out_at=NOW)
        wrote = lock_contact(session, "ara-health", "+18285550174", NOW)
        question = NewTask("ara-health", "question", "urgent", words="may  I\ndrink?")
        call = NewTask("ara-health", "call_me", "normal", contact_id=wrote.id)
        asked = NewTask("ara-health", "no_driver", "normal", appointment_id=keys["A-Asked"])
        for task in (question, call, asked):
            open_task(session, task, NOW)
    found = {row[1].split()[0]: row[3:] for row in rows(site.visitor(), "?problems=y")}
    assert list(found) == ["Failed", "Out", "Asked", "Wrote", "Dumb"]
    assert "asked to get no more automated messages" in found["Out"][0]
    assert found["Asked"][1] == "Has no driver"
    assert found["Wrote"][1] == "Wants to talk to a person"
    assert found["Dumb"] == [
        "The patient has not agreed to be contacted this way.",
        "A message did not reach the patient",
    ]


def test_words_of_a_question_are_shown_escaped_and_short(site: TestSite) -> None:
    book(site, "Rosa", "2026-11-22T15:30")
    with site.database.transaction() as session:
        contact = lock_contact(session, "ara-health", PHONE, NOW)
        words = "<b>may I</b> " + "drink " * 40
        task = NewTask("ara-health", "question", "urgent", words=words, contact_id=contact.id)
        open_task(session, task, NOW)
    page = site.visitor().get("/admin/").text
    assert "“&lt;b&gt;may I&lt;/b&gt; drink" in page
    assert "drink…”" in page


def test_a_key_is_not_quoted_as_words(site: TestSite) -> None:
    book(site, "Rosa", "2026-11-22T15:30")
    with site.database.transaction() as session:
        contact = lock_contact(session, "ara-health", PHONE, NOW)
        for kind, words in (("question", "my 3 pills"), ("no_driver", "3")):
            task = NewTask("ara-health", kind, "urgent", words=words, contact_id=contact.id)
            open_task(session, task, NOW)
    page = site.visitor().get("/admin/").text
    assert page.count("“") == page.count("“my 3 pills”") == 1


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("?since=2026-11-22&until=2026-11-20", "This day is before the first one."),
        ("?since=2026-11-01&until=2026-12-02", "Show at most 31 days at once."),
        ("?since=yesterday", "Not a valid date value."),
        ("?clinic=nowhere", "Not a valid choice."),
    ],
)
def test_filters_that_make_no_sense_are_told(lite_site: TestSite, query: str, says: str) -> None:
    answer = lite_site.visitor().get(f"/admin/{query}")
    assert answer.status_code == 422
    assert says in answer.text


def test_long_lists_go_on(site: TestSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visit_list, "PAGE_SIZE", 3)
    site.load("iowa-radiology")
    clinics = ["ara-health", "iowa-radiology"]
    for number in range(8):
        book(site, f"P{number}", f"2026-11-2{number % 3}T15:00", clinics[number % 2])
    visitor = site.visitor()
    seen, query = [], ""
    while True:
        page = visitor.get(f"/admin/{query}").text
        seen += [row[1].split()[0] for row in cells(page)]
        more = re.search(r"\"/admin/(\?after=\d+)\"[^>]*rel=\"next\"", page)
        if more is None:
            break
        query = more[1]
    assert seen == ["P0", "P6", "P3", "P4", "P1", "P7", "P2", "P5"]


def test_a_page_that_keeps_itself_up_to_date_gets_only_what_is_new(site: TestSite) -> None:
    key = book(site, "Rosa", "2026-11-22T15:30")
    visitor = site.visitor()
    seen = re.search(r'"Prepline-Seen": "(\w+)"', visitor.get("/admin/").text)
    assert seen
    poll = {"HX-Request": "true", "Prepline-Poll": "1", "Prepline-Seen": seen[1]}
    site.clock.advance(minutes=5)
    assert visitor.get("/admin/", headers=poll).status_code == 204
    change(site, key, answer="confirmed")
    answer = visitor.get("/admin/", headers=poll)
    assert answer.status_code == 200
    assert answer.text.startswith('<div id="visits"')
    assert "1 confirmed" in " ".join(answer.text.split())
    with site.database.reading() as session:
        listed = session.scalars(select(Audit).where(Audit.action == "appointments_listed")).all()
    assert [each.detail for each in listed] == ['{"days": "today", "shown": 1}']


def test_the_number_of_queries_does_not_grow(site: TestSite) -> None:
    visitor = site.visitor()
    assert rows(visitor) == []  # the clinic's profile is read once
    counts = []
    for number in range(12):
        key = book(site, f"P{number}", "2026-11-21T15:00", phone=f"+182855501{number:02}")
        with site.database.transaction() as session:
            contact = lock_contact(session, "ara-health", f"+182855501{number:02}", NOW)
            for contact_id, about in ((contact.id, None), (None, key)):
                task = NewTask("ara-health", "question", "normal", "", contact_id, about)
                open_task(session, task, NOW)
            record_prep_answer(session, key, "driver", "arranged", NOW)
        if number in (1, 11):
            with counted(site.database) as asked:
                assert len(rows(visitor)) == number + 1
            counts.append(len(asked))
    assert counts[0] == counts[1] > 5


def test_without_a_clinic_it_says_what_to_do(site: TestSite) -> None:
    with site.database.transaction() as session:
        session.execute(delete(Clinic))
    page = site.visitor().get("/admin/").text
    assert "flask clinics load" in page
    assert "No clinic yet" in page
    assert "New appointment" not in page


def test_open_tasks_are_counted_in_the_title(site: TestSite) -> None:
    with site.database.transaction() as session:
        for topic in "abcd":
            open_task(session, NewTask("ara-health", "question", "normal", topic=topic), NOW)
    assert "<title>(4) Today" in site.visitor().get("/admin/").text


def test_one_clinic_can_be_looked_at(site: TestSite) -> None:
    visitor = site.visitor()
    answer = visitor.post("/admin/clinic", {"clinic": "ara-health", "next": "/admin/account"})
    assert answer.headers["Location"] == "/admin/account"
    assert visitor.post("/admin/clinic", {"clinic": "nowhere"}).status_code == 404
    answer = visitor.post("/admin/clinic", {"clinic": "", "next": "https://evil.example"})
    assert answer.headers["Location"] == "/admin/"
