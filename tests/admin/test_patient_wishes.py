"""Language, channel and consent corrected on the patient's page, and what follows from it; on both
databases."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from db.contacts import set_contact
from db.models import Audit, Patient, Reminder, Task
from db.staff import Role
from tests.support import desk
from tests.support.commands import invoke
from tests.support.csv_files import NOW
from tests.support.data import booked
from tests.support.queue_pages import texts
from tests.support.site import TestSite, Visitor
from tests.support.web import PUBLIC, bot_on


@pytest.fixture
def patient(site: TestSite) -> int:
    """A patient who has agreed to nothing, with an appointment."""
    booked(site.database, site.profiles["ara-health"], NOW, sms_consent=False)
    with site.database.reading() as session:
        return session.scalars(select(Patient.id)).one()


def path(patient: int, further: str = "") -> str:
    return f"/admin/patients/{patient}{further}"


def base(visitor: Visitor, patient: int) -> str:
    found = re.search(r'name="base" value="([^"]*)"', visitor.get(path(patient)).text)
    assert found
    return found[1]


def send(visitor: Visitor, patient: int, opened_with: str, **form: str) -> tuple[int, str]:
    """Send the form; the status, and what the page says then."""
    answer = visitor.post(path(patient, "/wishes"), {"base": opened_with, **form})
    if answer.status_code == 303:
        return 303, texts(visitor.get(path(patient)).text)
    return answer.status_code, texts(answer.text)


def stored(site: TestSite, patient: int) -> tuple[str, str]:
    with site.database.reading() as session:
        row = session.get_one(Patient, patient)
        return row.language, row.channel


def audited(site: TestSite) -> list[tuple[str, str]]:
    with site.database.reading() as session:
        rows = session.scalars(select(Audit).order_by(Audit.id)).all()
        return [(row.action, row.detail) for row in rows if row.action != "patient_viewed"]


def statuses(site: TestSite) -> set[str]:
    with site.database.reading() as session:
        return set(session.scalars(select(Reminder.status)))


def open_tasks(site: TestSite) -> list[str]:
    with site.database.reading() as session:
        return list(session.scalars(select(Task.kind).where(Task.done_at.is_(None))))


def test_language_and_channel_are_stored_with_who(site: TestSite, patient: int) -> None:
    contact = desk.contact_id(site.database)
    with site.database.transaction() as session:
        set_contact(session, contact, language="en")
    visitor = site.visitor()
    status, page = send(visitor, patient, "en sms", language="es", channel="auto")
    assert status == 303
    assert "Language and channel are stored. They count from the next message on." in page
    assert stored(site, patient) == ("es", "auto")
    assert desk.stored_contact(site.database, contact).language == "es"
    assert audited(site) == [("wishes_changed", '{"fields": "language, channel"}')]
    assert "Language or channel changed" in page


def test_the_same_again_changes_nothing(site: TestSite, patient: int) -> None:
    visitor = site.visitor()
    opened_with = base(visitor, patient)
    assert send(visitor, patient, opened_with, language="en", channel="sms")[0] == 303
    assert audited(site) == []


def test_what_somebody_else_changed_is_shown_and_nothing_is_lost(
    site: TestSite, patient: int
) -> None:
    one, other = site.visitor(), site.visitor(Role.MANAGER)
    opened_with = base(other, patient)
    assert send(one, patient, opened_with, language="es", channel="sms")[0] == 303
    status, page = send(other, patient, opened_with, language="en", channel="auto")
    assert status == 409
    for words in (
        "Somebody else changed this while you were typing",
        "coordinator@example.org was faster.",
        "Language : was English, is now Spanish.",
    ):
        assert words in page, words
    assert stored(site, patient) == ("es", "sms")
    answer = other.post(
        path(patient, "/wishes"), {"base": opened_with, "language": "en", "channel": "auto"}
    ).text
    again = re.search(r'name="base" value="([^"]*)"', answer)
    assert again
    assert re.search(r'<option selected value="es">', answer), "their change is in the form"
    assert re.search(r'<option selected value="auto">', answer), "and so is what was chosen here"
    assert send(other, patient, again[1], language="es", channel="auto")[0] == 303
    assert stored(site, patient) == ("es", "auto")


@pytest.mark.parametrize("wrong", [{"language": "fr"}, {"channel": "fax"}])
def test_a_wish_that_nobody_has_is_not_stored(
    site: TestSite, patient: int, wrong: dict[str, str]
) -> None:
    form = {"language": "en", "channel": "sms"} | wrong
    status, page = send(site.visitor(), patient, "en sms", **form)
    assert status == 422
    assert "Something needs to be corrected" in page
    assert stored(site, patient) == ("en", "sms")


def test_consent_brings_the_messages_back_and_closes_the_task(site: TestSite, patient: int) -> None:
    assert (statuses(site), open_tasks(site)) == ({"skipped"}, ["unreachable"])
    visitor = site.visitor()
    form = {"channel": "sms", "granted": "yes", "seen": "no", "how": "phone"}
    visitor.post(path(patient, "/consent"), form)
    page = texts(visitor.get(path(patient)).text)
    assert "3 messages that could not go out before are planned again." in page
    assert (statuses(site), open_tasks(site)) == ({"planned"}, [])
    task = texts(visitor.get("/admin/attention?show=done").text)
    assert "what stood in the way is corrected, and the messages are planned again." in task


def test_a_channel_that_works_brings_them_back(site: TestSite, patient: int) -> None:
    contact, visitor = desk.contact_id(site.database), site.visitor()
    for channel in ("sms", "voice"):
        form = {"channel": channel, "granted": "yes", "seen": "no", "how": "phone"}
        visitor.post(path(patient, "/consent"), form)
    with site.database.transaction() as session:
        set_contact(session, contact, textable=False)
        for row in session.scalars(select(Reminder)):
            row.status, row.reason, row.next_at = "skipped", "not_textable", None
    _, page = send(visitor, patient, "en sms", language="en", channel="voice")
    assert "3 messages that could not go out before are planned again." in page
    with site.database.reading() as session:
        assert set(session.scalars(select(Reminder.channel))) == {"voice"}


def test_start_brings_them_back_and_the_story_says_so(site: TestSite, database_url: str) -> None:
    booked(site.database, site.profiles["ara-health"], NOW)
    with bot_on(database_url, public=PUBLIC) as bot:
        bot.send("STOP")
        with site.database.transaction() as session:
            for row in session.scalars(select(Reminder)):
                row.status, row.reason, row.next_at = "skipped", "opted_out", None
        bot.send("START")
    assert statuses(site) == {"planned"}
    told = invoke("reminders", "why", "A-1001", database_url=database_url)
    assert told.exit_code == 0, told.output
    assert told.stdout.count("it can go out after all and was planned again") == 3


def test_the_form_of_an_appointment_says_what_comes_back(site: TestSite, patient: int) -> None:
    visitor = site.visitor()
    with site.database.reading() as session:
        visit = session.scalars(select(Reminder.appointment_id)).first()
    form = {
        "first_name": "Rosalind",
        "last_name": "Quackenbush",
        "date_of_birth": "1944-05-17",
        "phone": "(828) 555-0173",
        "language": "en",
        "procedure": "kyphoplasty",
        "day": "2026-12-01",
        "clock": "08:30",
        "channel": "sms",
        "which": "",
        "clinic": "ara-health",
        "id": str(visit),
    }
    shut = texts(visitor.post("/admin/appointments/preview", form, htmx=True).text)
    assert shut.count("Will not go out.") == 3
    opened = visitor.post("/admin/appointments/preview", form | {"sms_consent": "y"}, htmx=True)
    assert "Will not go out." not in texts(opened.text)
    assert statuses(site) == {"skipped"}
    assert patient
