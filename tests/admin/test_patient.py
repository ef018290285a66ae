"""One patient's page; on both databases."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from admin.appointment_saving import SOURCE as BOOKING
from admin.patient_timeline import SOURCE_WORDS
from db.consents import FILE, OWN_WORDS
from db.contacts import record_opt_change, set_contact
from db.models import Audit, Caregiver, ConsentChange, Patient
from db.staff import Role
from tests.support import desk
from tests.support.csv_files import NOW
from tests.support.data import booked
from tests.support.queries import counted
from tests.support.queue_pages import QUEUE, texts
from tests.support.site import TestSite, Visitor
from tests.support.staff_replies import reply

CAREGIVER = {"name": "Ida Quackenbush", "phone": "828 555 0188", "relation": "daughter"}


@pytest.fixture
def patient(site: TestSite) -> int:
    """A patient with an appointment."""
    booked(site.database, site.profiles["ara-health"], NOW)
    with site.database.reading() as session:
        return session.scalars(select(Patient.id)).one()


def path(patient: int, further: str = "") -> str:
    return f"/admin/patients/{patient}{further}"


def said(visitor: Visitor, patient: int) -> str:
    return texts(visitor.get(path(patient)).text)


def press(visitor: Visitor, patient: int, what: str, **form: str) -> tuple[int, str]:
    """Send one of the page's forms; the status, and what the next page says."""
    answer = visitor.post(path(patient, f"/{what}"), form)
    return answer.status_code, said(visitor, patient) if answer.status_code == 303 else texts(
        answer.text
    )


def seen(visitor: Visitor, patient: int) -> str:
    """The caregiver's state as the page shows it."""
    found = re.search(r'name="seen" value="(\d+)"', visitor.get(path(patient)).text)
    assert found
    return found[1]


def audited(site: TestSite) -> list[tuple[str, str]]:
    with site.database.reading() as session:
        rows = session.scalars(select(Audit).order_by(Audit.id)).all()
    assert {(row.entity_kind, row.clinic_id) for row in rows} == {("patient", "ara-health")}
    return [(row.action, row.detail) for row in rows if row.action != "patient_viewed"]


def test_it_says_who_the_patient_is_and_how_to_reach_them(site: TestSite, patient: int) -> None:
    page = said(site.visitor(), patient)
    for words in (
        *("Rosalind Quackenbush", "Date of birth Wed, May 17, 1944", "Call (828) 555-0173"),
        *("Can get texts", "Language English Spanish"),
        *("Agreed texts", "Not agreed automated calls"),
        "Nobody else may be told about this patient's appointments.",
    ):
        assert words in page, words
    assert "This phone is shared" not in page
    assert site.visitor().get(path(patient + 1)).status_code == 404


def test_what_is_known_of_the_phone_is_shown(site: TestSite, patient: int) -> None:
    booked(site.database, site.profiles["ara-health"], NOW, external_id="A-2", first_name="Otto")
    contact, visitor = desk.contact_id(site.database), site.visitor()
    assert "This phone is shared." in said(visitor, patient)
    assert "Otto Quackenbush" in said(visitor, patient)
    with site.database.transaction() as session:
        set_contact(session, contact, textable=False)
        record_opt_change(session, contact, "opt_out", "own_words", "leave me be", NOW)
    page = said(visitor, patient)
    assert "Can't get texts" in page
    assert "Asked for no more messages on Fri, Nov 20, 2026, 1:00 PM EST." in page
    assert "They wrote: “leave me be”" in page
    with site.database.transaction() as session:
        set_contact(session, contact, reachable=False)
    assert "Does not work" in said(visitor, patient)


def test_consent_is_changed_with_who_when_and_how(site: TestSite, patient: int) -> None:
    visitor = site.visitor()
    status, page = press(
        *(visitor, patient, "consent"), channel="voice", granted="yes", seen="no", how="person"
    )
    assert status == 303
    assert "Agreed automated calls" in page
    assert "Agreed to automated calls Fri, Nov 20, 2026, 1:00 PM EST told us in person" in page
    with site.database.reading() as session:
        stored = session.get_one(Patient, patient)
        change = session.scalars(select(ConsentChange).order_by(ConsentChange.id.desc())).first()
    assert (stored.sms_consent, stored.voice_consent) == (True, True)
    assert change is not None
    assert (change.channel, change.granted, change.source, change.at) == (
        *("voice", True, "person"),
        NOW,
    )
    assert change.staff_id == site.person("coordinator@example.org").id
    assert audited(site) == [
        ("consent_changed", '{"channel": "voice", "granted": true, "how": "person"}')
    ]
    _, page = press(
        visitor, patient, "consent", channel="sms", granted="no", seen="yes", how="phone"
    )
    assert "Not agreed texts" in page
    assert "No consent to texts Fri, Nov 20, 2026, 1:00 PM EST told us by phone" in page


def test_two_who_change_consent_at_once(site: TestSite, patient: int) -> None:
    form = {"channel": "sms", "granted": "no", "seen": "yes", "how": "phone"}
    assert press(site.visitor(), patient, "consent", **form)[0] == 303
    status, page = press(site.visitor(Role.MANAGER), patient, "consent", **form)
    assert status == 409
    assert "Somebody else was faster" in page
    assert len(audited(site)) == 1


@pytest.mark.parametrize(
    "wrong", [{"channel": "fax"}, {"how": "guess"}, {"granted": "maybe"}, {"seen": ""}]
)
def test_a_consent_form_that_is_not_ours_changes_nothing(
    site: TestSite, patient: int, wrong: dict[str, str]
) -> None:
    form = {"channel": "sms", "granted": "no", "seen": "yes", "how": "phone"} | wrong
    assert press(site.visitor(), patient, "consent", **form)[0] == 400
    with site.database.reading() as session:
        assert session.get_one(Patient, patient).sms_consent


def test_a_caregiver_is_entered_changed_and_removed(site: TestSite, patient: int) -> None:
    visitor = site.visitor()
    status, page = press(visitor, patient, "caregiver", seen="0", **CAREGIVER)
    assert status == 303
    assert "Ida Quackenbush (daughter) Call (828) 555-0188" in page
    assert "Entered by Pat Coordinator, Fri, Nov 20, 2026, 1:00 PM EST" in page
    site.clock.advance(minutes=1)
    changed = CAREGIVER | {"relation": ""}
    _, page = press(visitor, patient, "caregiver", seen=seen(visitor, patient), **changed)
    assert "Ida Quackenbush Call" in page
    _, page = press(visitor, patient, "caregiver/remove", seen=seen(visitor, patient))
    assert "Nobody else may be told" in page
    assert audited(site) == [
        ("caregiver_changed", "{}"),
        ("caregiver_changed", "{}"),
        ("caregiver_removed", "{}"),
    ]


def test_two_who_enter_a_caregiver_at_once(site: TestSite, patient: int) -> None:
    one, other = site.visitor(), site.visitor(Role.MANAGER)
    assert press(one, patient, "caregiver", seen="0", **CAREGIVER)[0] == 303
    assert press(other, patient, "caregiver", seen="0", **CAREGIVER)[0] == 409
    assert press(other, patient, "caregiver/remove", seen="0")[0] == 409


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": " "}, "Enter the person's name."),
        ({"phone": "12345"}, "ten digits"),
        ({"relation": "x" * 41}, "Use at most 40 characters."),
    ],
)
def test_a_caregiver_with_a_mistake_is_not_stored(
    site: TestSite, patient: int, wrong: dict[str, str], words: str
) -> None:
    status, page = press(site.visitor(), patient, "caregiver", seen="0", **(CAREGIVER | wrong))
    assert status == 422
    assert words in page
    with site.database.reading() as session:
        assert session.scalars(select(Caregiver)).all() == []


def test_everything_that_happened_is_in_one_timeline(site: TestSite, patient: int) -> None:
    visitor = site.visitor()
    desk.task(site.database, "no_driver", "urgent")
    reply(site.database, "We can find you one.", site.clock())
    contact = desk.contact_id(site.database)
    visitor.post(f"/admin/contacts/{contact}/thread/pause")
    page = said(visitor, patient)
    for words in (
        *("Appointment booked", "kyphoplasty, Tue, Dec 1, 2026, 8:30 AM EST"),
        *("Reminder a week before", "Planned", "Needs attention", "Has no driver"),
        *("We can find you one.", "Agreed to texts", "from the clinic's file"),
        "Automatic answers paused",
    ):
        assert words in page, words
    assert page.index("Reminder that fasting starts") < page.index("Appointment booked")


def test_who_said_of_a_consent_is_told_in_words() -> None:
    assert {FILE, BOOKING, *OWN_WORDS} <= SOURCE_WORDS.keys()


def test_a_long_story_has_earlier_pages(site: TestSite, patient: int) -> None:
    for number in range(60):
        site.clock.advance(seconds=1)
        reply(site.database, f"Text {number:03}.", site.clock())
    visitor = site.visitor()
    first = visitor.get(path(patient)).text
    older = re.search(r'href="([^"]+before=\d+)"', first)
    assert older
    second = visitor.get(older[1]).text
    found = re.findall(r"Text (\d{3})\.", first) + re.findall(r"Text (\d{3})\.", second)
    assert found == [f"{number:03}" for number in reversed(range(60))]


def test_the_number_of_statements_does_not_grow(site: TestSite, patient: int) -> None:
    visitor = site.visitor()
    visitor.get(path(patient))
    counts = []
    for number in range(0, 12, 6):
        for each in range(number, number + 6 * (number + 1) // 6):
            booked(site.database, site.profiles["ara-health"], NOW, external_id=f"B-{each}")
            desk.task(site.database, topic=str(each))
            reply(site.database, f"Text {each}", site.clock())
        with counted(site.database) as sent:
            visitor.get(path(patient))
        counts.append(len(sent))
    assert counts[0] == counts[1]


def test_looking_is_written_down_and_pages_lead_to_each_other(site: TestSite, patient: int) -> None:
    visitor = site.visitor()
    visitor.get(path(patient))
    with site.database.reading() as session:
        row = session.scalars(select(Audit)).one()
    assert (row.action, row.entity_id) == ("patient_viewed", str(patient))
    desk.task(site.database)
    contact = desk.contact_id(site.database)
    assert f'href="{path(patient)}"' in visitor.get(QUEUE).text
    assert f'href="{path(patient)}"' in visitor.get(f"/admin/contacts/{contact}/thread").text
    assert f'href="/admin/contacts/{contact}/thread"' in visitor.get(path(patient)).text
