"""Entering, changing, cancelling and marking an appointment; on both databases."""

from __future__ import annotations

import datetime as dt
import json
import re
from html import unescape

import pytest
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from db.contacts import lock_contact, set_contact
from db.models import Appointment, Audit, ConsentChange, Contact, Patient, Reminder
from tests.admin.test_today import text_of
from tests.support.csv_files import NOW
from tests.support.data import STARTS_AT, booked
from tests.support.queries import counted
from tests.support.site import TestSite, Visitor
from tests.support.visits import local

TYPED = {
    "clinic": "ara-health",
    "external_id": "hand-0123456789abcdef",
    "first_name": " Rosa ",
    "last_name": "Luna",
    "date_of_birth": "1948-03-09",
    "phone": "828.555.0188",
    "language": "es",
    "procedure": "kyphoplasty",
    "day": "2026-12-08",
    "clock": "08:30",
    "channel": "auto",
    "sms_consent": "y",
}
SHOWN = "/admin/appointments/1"


def fields(page: str) -> dict[str, str]:
    """The form's values as a browser would send them."""
    form = re.search(r'<form[^>]*id="appointment".*?</form>', page, re.DOTALL)
    assert form
    values = {}
    for tag in re.findall(r"<input[^>]*>", form[0]):
        attributes = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if attributes.get("type") != "checkbox" or re.search(r"\bchecked\b", tag):
            values[attributes["name"]] = unescape(attributes.get("value", ""))
    for name, options in re.findall(
        r'<select[^>]*name="(\w+)".*?>(.*?)</select>', form[0], re.DOTALL
    ):
        chosen = re.search(r'<option selected value="([^"]*)"', options)
        first = re.search(r'<option[^>]*value="([^"]*)"', options)
        match = chosen or first
        assert match
        values[name] = match[1]
    values.pop("csrf_token")
    return values


def add(visitor: Visitor, **changes: str) -> TestResponse:
    return visitor.post("/admin/appointments/new", {**TYPED, **changes})


def said(visitor: Visitor, answer: TestResponse) -> str:
    """What the page says that one is led to."""
    assert answer.status_code == 303, text_of(answer.text)
    page = visitor.get(answer.headers["Location"]).text
    notice = re.search(r'<div id="notice".*?</div>', page, re.DOTALL)
    assert notice
    return text_of(notice[0])


def one(site: TestSite) -> Appointment:
    with site.database.reading() as session:
        visit = session.scalars(select(Appointment)).one()
        assert visit.patient.id
        return visit


def reminders(site: TestSite) -> list[tuple[int, str, str]]:
    with site.database.reading() as session:
        query = select(Reminder.version, Reminder.kind, Reminder.status).order_by(Reminder.id)
        return [(version, kind, status) for version, kind, status in session.execute(query)]


def audited(site: TestSite) -> list[tuple[str, str | None, dict[str, object]]]:
    with site.database.reading() as session:
        rows = session.scalars(select(Audit).order_by(Audit.id)).all()
    return [(row.action, row.entity_id, json.loads(row.detail)) for row in rows]


def book(site: TestSite, **changes: object) -> None:
    booked(site.database, site.profiles["ara-health"], NOW, **changes)


def test_an_appointment_is_booked_by_hand(site: TestSite) -> None:
    visitor = site.visitor()
    form = fields(visitor.get("/admin/appointments/new").text)
    assert form["language"] == "en"
    assert "sms_consent" not in form
    assert re.fullmatch(r"hand-[0-9a-f]{16}", form["external_id"])
    words = said(visitor, add(visitor))
    assert words == (
        "The appointment is booked. "
        "3 reminders are still to come, the first Tue, Dec 1, 2026, 10:00 AM EST."
    )
    visit = one(site)
    assert visit.starts_at == local("2026-12-08T08:30")
    assert (visit.patient.first_name, visit.patient.phone) == ("Rosa", "+18285550188")
    assert (visit.patient.language, visit.patient.sms_consent) == ("es", True)
    assert [status for _, _, status in reminders(site)] == ["planned"] * 3
    with site.database.reading() as session:
        sources = session.scalars(select(ConsentChange.source)).all()
    assert set(sources) == {"staff"}
    assert audited(site) == [
        ("appointment_booked", "1", {}),
        ("appointment_viewed", "1", {}),
    ]
    assert "nothing was done twice" in said(visitor, add(visitor))
    assert len(reminders(site)) == 3


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"first_name": "  "}, "Enter the first name."),
        ({"last_name": "x" * 101}, "is longer than 100 characters"),
        ({"phone": "555"}, "A US phone number has ten digits"),
        ({"phone": ""}, "No phone number is given"),
        ({"date_of_birth": ""}, "Enter the date of birth."),
        ({"date_of_birth": "2027-01-01"}, "lies in the future"),
        ({"date_of_birth": "1848-01-01"}, "older than 120"),
        ({"day": "0026-12-08"}, "Check the year."),
        ({"day": ""}, "Enter the day."),
        ({"clock": ""}, "Enter the time"),
        ({"procedure": "haircut"}, "Not a valid choice."),
        ({"day": "2027-03-14", "clock": "02:30"}, "This time does not exist"),
        ({"day": "2027-11-07", "clock": "01:30"}, "this time comes twice"),
    ],
)
def test_mistakes_are_told_and_nothing_is_stored(
    lite_site: TestSite, changes: dict[str, str], says: str
) -> None:
    visitor = lite_site.visitor()
    answer = add(visitor, **changes)
    assert answer.status_code == 422
    assert says in unescape(answer.text)
    kept = {**TYPED, **changes}
    assert fields(answer.text)["last_name"] == kept["last_name"].strip()
    with lite_site.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Appointment)) == 0


@pytest.mark.parametrize(("which", "utc_hour"), [("0", 5), ("1", 6)])
def test_a_time_that_comes_twice_is_asked_for(site: TestSite, which: str, utc_hour: int) -> None:
    visitor = site.visitor()
    twice = {"day": "2027-11-07", "clock": "01:30"}
    answer = add(visitor, **twice)
    assert "The first, EDT" in answer.text
    assert "The second, an hour later, EST" in answer.text
    assert add(visitor, **twice, which=which).status_code == 303
    assert (one(site).starts_at.hour, one(site).starts_at.minute) == (utc_hour, 30)
    assert fields(visitor.get(SHOWN).text)["which"] == which


def test_what_goes_out_is_shown_while_typing(site: TestSite) -> None:
    visitor = site.visitor()
    page = visitor.post("/admin/appointments/preview", TYPED, htmx=True).text
    words = text_of(page)
    assert "3 messages go out." in words
    assert "Week before Tue, Dec 1, 2026, 10:00 AM EST · Text in Spanish · 2 segments" in words
    assert "Rosa" in words
    assert "Which of the two" not in words
    halves = {**TYPED, "first_name": "", "phone": "1", "date_of_birth": ""}
    assert "3 messages go out." in text_of(
        visitor.post("/admin/appointments/preview", halves, htmx=True).text
    )
    mute = {**TYPED, "sms_consent": ""}
    words = text_of(visitor.post("/admin/appointments/preview", mute, htmx=True).text)
    assert "0 messages go out. 3 do not." in words
    assert "Will not go out. The patient has not agreed to be contacted this way." in words
    assert "Meant for:" in words
    soon = {**TYPED, "day": f"{site.clock() + dt.timedelta(days=2):%Y-%m-%d}"}
    late = visitor.post("/admin/appointments/preview", soon, htmx=True).text
    assert 'class="aside">Will not go out.' in late
    assert 'class="mistake">Will not go out.' not in late
    assert "Meant for:" not in late
    for changes, says in (
        ({"day": "2027-03-14", "clock": "02:30"}, "This time does not exist"),
        ({"day": "2027-11-07", "clock": "01:30"}, "Which of the two"),
        ({"day": "", "clock": ""}, "Enter the day and the time."),
    ):
        form = {**TYPED, **changes}
        assert says in text_of(visitor.post("/admin/appointments/preview", form, htmx=True).text)
    whole = visitor.post("/admin/appointments/preview", TYPED)
    assert fields(whole.text)["first_name"].strip() == "Rosa"
    assert 'class="errors"' not in whole.text
    assert visitor.post("/admin/appointments/preview", {"clinic": "x"}).status_code == 400
    foreign = {**TYPED, "id": "99"}
    assert visitor.post("/admin/appointments/preview", foreign).status_code == 404


def test_a_move_says_what_it_means_for_the_patient(site: TestSite) -> None:
    book(site)
    visitor = site.visitor()
    form = fields(visitor.get(SHOWN).text)
    moved = {**form, "day": "2026-12-08"}
    page = text_of(visitor.post("/admin/appointments/preview", moved, htmx=True).text)
    assert "The 3 messages planned so far are taken back." in page
    assert "New-time notice now · Text in English" in page
    assert said(visitor, visitor.post(SHOWN, moved)) == (
        "The appointment has its new time. "
        "The 3 reminders for Tuesday, Dec 1 were cancelled. "
        "One message about the new time goes out now. "
        "3 reminders are still to come, the first Tue, Dec 1, 2026, 10:00 AM EST."
    )
    assert reminders(site)[:3] == [
        (1, kind, "cancelled") for kind in ("week_before", "day_before", "fasting_start")
    ]
    assert audited(site)[-2] == (
        "appointment_changed",
        "1",
        {"what": "moved", "fields": "day"},
    )
    assert "The 3 messages" not in visitor.get(SHOWN).text


def test_a_correction_counts_for_what_is_still_to_come(site: TestSite) -> None:
    book(site)
    visitor = site.visitor()
    form = fields(visitor.get(SHOWN).text)
    assert said(visitor, visitor.post(SHOWN, form)) == (
        "Nothing was different, so nothing was changed."
    )
    words = said(visitor, visitor.post(SHOWN, {**form, "first_name": "Rosa", "sms_consent": ""}))
    assert words == (
        "The corrections are stored. Reminders will not go out: "
        "The patient has not agreed to be contacted this way. Please phone the patient."
    )
    assert one(site).version == 1
    assert (one(site).patient.first_name, one(site).patient.sms_consent) == ("Rosa", False)


def test_a_language_chosen_by_text_counts_until_it_is_changed_here(site: TestSite) -> None:
    book(site)
    with site.database.transaction() as session:
        contact = lock_contact(session, "ara-health", one(site).patient.phone, NOW)
        set_contact(session, contact.id, language="es")
        session.execute(update(Patient).values(language="es"))
    visitor = site.visitor()
    new = {**TYPED, "phone": "(828) 555-0173", "language": "en"}
    page = visitor.post("/admin/appointments/preview", new, htmx=True).text
    assert "The patient chose Spanish by text" in page
    assert "Text in Spanish" in page
    form = fields(visitor.get(SHOWN).text)
    assert form["language"] == "es"
    visitor.post(SHOWN, {**form, "language": "en"})
    assert one(site).patient.language == "en"
    with site.database.reading() as session:
        assert session.scalars(select(Contact.language)).one() == "en"


def test_cancelling_tells_the_patient(site: TestSite) -> None:
    book(site)
    visitor = site.visitor()
    page = text_of(visitor.get(SHOWN).text)
    assert "The 3 messages still to come are taken back. Cancellation notice now" in page
    assert said(visitor, visitor.post(f"{SHOWN}/cancel", {"seen": "1 scheduled"})) == (
        "The appointment is cancelled. The 3 reminders for Tuesday, Dec 1 were cancelled. "
        "One message about the cancellation goes out now."
    )
    assert one(site).status == "cancelled"
    assert reminders(site)[-1] == (1, "cancelled", "planned")
    assert visitor.post(f"{SHOWN}/cancel", {"seen": "1 cancelled"}).status_code == 409
    assert visitor.post(f"{SHOWN}/cancel", {"seen": "1 scheduled"}).status_code == 409
    form = fields(visitor.get(SHOWN).text)
    assert "Book it again" in visitor.get(SHOWN).text
    assert "One message about the new time goes out now." in said(
        visitor, visitor.post(SHOWN, form)
    )
    assert one(site).status == "scheduled"
    assert ("appointment_cancelled", "1", {}) in audited(site)


def test_who_came_and_who_did_not(site: TestSite) -> None:
    book(site)
    visitor = site.visitor()
    page = visitor.get(SHOWN).text
    assert "Arrived" not in page
    assert "Did not come" not in page
    site.clock.now = STARTS_AT.replace(hour=8)  # 3 AM
    visitor = site.visitor()
    page = visitor.get(SHOWN).text
    assert "Arrived" in page
    assert "Did not come" not in page
    mark = f"{SHOWN}/mark"
    assert visitor.post(mark, {"outcome": "lost", "seen": "1 scheduled"}).status_code == 400
    done = visitor.post(mark, {"outcome": "arrived", "seen": "1 scheduled"})
    assert said(visitor, done) == "Marked as arrived."
    assert one(site).status == "arrived"
    assert {status for _, _, status in reminders(site)} == {"cancelled"}
    assert "had come already" in visitor.get(SHOWN).text
    again = visitor.post(mark, {"outcome": "no_show", "seen": "1 scheduled"})
    assert again.status_code == 409
    back = visitor.post(mark, {"outcome": "", "seen": "1 arrived"})
    assert said(visitor, back) == "The mark was taken back."
    assert one(site).status == "scheduled"
    site.clock.now = STARTS_AT
    visitor = site.visitor()
    away = visitor.post(mark, {"outcome": "no_show", "seen": "1 scheduled"})
    assert said(visitor, away) == "Marked as not come."
    assert one(site).status == "no_show"
    marks = [entry for entry in audited(site) if entry[0] == "appointment_marked"]
    assert [detail["status"] for _, _, detail in marks] == ["arrived", "scheduled", "no_show"]


def test_each_message_tells_its_story(site: TestSite) -> None:
    book(site)
    page = text_of(site.visitor().get(SHOWN).text)
    assert "Day before now: planned for Mon Nov 30 10:00 EST" in page
    assert "day_before (date 1, sms): due Mon Nov 30 10:00 EST" in page


def test_it_leads_on_to_the_patient_and_what_was_said(site: TestSite) -> None:
    book(site)
    visitor = site.visitor()
    page = visitor.get(SHOWN).text
    for words, path in (("About Rosalind", "patients/1"), ("Conversation", "contacts/1/thread")):
        assert f'href="/admin/{path}">{words}</a>' in page
        assert visitor.get(f"/admin/{path}").status_code == 200


def test_what_is_not_there_is_not_found(lite_site: TestSite) -> None:
    visitor = lite_site.visitor()
    for path in (SHOWN, "/admin/appointments/new?patient=1", "/admin/appointments/new?patient=9"):
        assert visitor.get(path).status_code == 404
    for path in (SHOWN, f"{SHOWN}/cancel", f"{SHOWN}/mark"):
        assert visitor.post(path).status_code == 404
    assert add(visitor, external_id="A-1001").status_code == 400


def test_with_several_clinics_it_is_asked_which(lite_site: TestSite) -> None:
    lite_site.load("iowa-radiology")
    visitor = lite_site.visitor()
    assert "At which clinic?" in visitor.get("/admin/appointments/new").text
    page = visitor.get("/admin/appointments/new?clinic=iowa-radiology").text
    assert "New appointment at Iowa Radiology" in page
    assert "America/Chicago" in page


def test_what_was_given_up_for_good_is_told_and_not_promised_again(site: TestSite) -> None:
    book(site)
    with site.database.transaction() as session:
        session.execute(update(Reminder).values(status="missed", reason="calls_unavailable"))
    visitor = site.visitor()
    form = fields(visitor.get(SHOWN).text)
    page = visitor.post("/admin/appointments/preview", {**form, "voice_consent": "y"}, htmx=True)
    assert "0 messages go out. 3 do not." in text_of(page.text)
    words = said(visitor, visitor.post(SHOWN, {**form, "voice_consent": "y"}))
    assert "Please phone the patient." in words


def test_a_consent_that_was_missing_brings_the_messages_back(site: TestSite) -> None:
    book(site, sms_consent=False)
    visitor = site.visitor()
    form = fields(visitor.get(SHOWN).text)
    page = visitor.post("/admin/appointments/preview", {**form, "sms_consent": "y"}, htmx=True)
    assert "3 messages go out." in text_of(page.text)
    words = said(visitor, visitor.post(SHOWN, {**form, "sms_consent": "y"}))
    assert "3 reminders are still to come, the first Tue, Nov 24" in words
    assert {status for _, _, status in reminders(site)} == {"planned"}


def test_the_number_of_queries_does_not_grow_with_messages(site: TestSite) -> None:
    book(site)
    visitor = site.visitor()
    counts = []
    for day in range(3, 9):
        form = fields(visitor.get(SHOWN).text)
        visitor.post(SHOWN, {**form, "day": f"2026-12-0{day}"})
        with counted(site.database) as asked:
            assert len(visitor.get(SHOWN).text) > 1000
        counts.append(len(asked))
    assert len(reminders(site)) == 27
    assert len(set(counts)) == 1
