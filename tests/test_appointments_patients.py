"""Who an appointment is for: corrections, consent, language, shared phones, and what they say."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from sqlalchemy import select

from appointment_csv import AppointmentRow, Channel, RowStatus
from appointments import Answer, Change, name_key, record_answer, upsert, upsert_all
from db.consents import set_consent
from db.contacts import lock_contact, set_contact
from db.models import Appointment, ConsentChange, Contact, Patient, Reminder
from db.session import Database
from profiles import Profile
from tests.support.csv_files import NOW
from tests.support.data import CLINIC, STARTS_AT, row, stored_clinic

LATER = NOW + dt.timedelta(hours=1)
OTHER_PHONE = "+18285550199"
SAME = row()


@pytest.fixture
def clinic(database: Database) -> Profile:
    """ARA Health, with the usual appointment in it."""
    profile = stored_clinic(database)
    assert take(database, profile, SAME, NOW) is Change.NEW
    return profile


def take(
    database: Database, clinic: Profile, appointment: AppointmentRow, now: dt.datetime = LATER
) -> Change:
    with database.transaction() as session:
        return upsert(session, clinic, appointment, now)


def patients(database: Database) -> list[Patient]:
    with database.reading() as session:
        return list(session.scalars(select(Patient).order_by(Patient.id)))


def appointments(database: Database) -> list[Appointment]:
    with database.reading() as session:
        return list(session.scalars(select(Appointment).order_by(Appointment.id)))


def versions(database: Database) -> set[int]:
    with database.reading() as session:
        return set(session.scalars(select(Reminder.version)))


def consents(database: Database) -> list[tuple[str, bool, dt.datetime]]:
    with database.reading() as session:
        changes = session.scalars(select(ConsentChange).order_by(ConsentChange.id))
        return [(change.channel, change.granted, change.at) for change in changes]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("first_name", "Rosalynd"),
        ("first_name", "ROSALIND"),
        ("last_name", "Quackenbusch"),
        ("date_of_birth", dt.date(1945, 5, 17)),
        ("phone", OTHER_PHONE),
        ("channel", Channel.AUTO),
        ("language", "es"),
        ("sms_consent", False),
        ("voice_consent", True),
    ],
)
def test_a_correction_counts_without_a_new_plan(
    database: Database, clinic: Profile, field: str, value: object
) -> None:
    corrected = row(**{field: value})
    assert take(database, clinic, corrected) is Change.UPDATED
    [patient] = patients(database)
    assert getattr(patient, field) == value
    [appointment] = appointments(database)
    assert (appointment.version, appointment.updated_at) == (1, LATER)
    assert versions(database) == {1}
    assert take(database, clinic, corrected, LATER + dt.timedelta(days=1)) is Change.UNCHANGED
    assert appointments(database)[0].updated_at == LATER


def test_another_name_and_birth_date_is_another_person(database: Database, clinic: Profile) -> None:
    """The slot was given to someone else; the first patient's data stays as it was."""
    other = row(first_name="Ada", date_of_birth=dt.date(1950, 2, 3), phone=OTHER_PHONE)
    assert take(database, clinic, other) is Change.UPDATED
    first, second = patients(database)
    assert (first.first_name, first.phone) == ("Rosalind", SAME.phone)
    assert (second.first_name, second.phone) == ("Ada", OTHER_PHONE)
    assert appointments(database)[0].patient_id == second.id
    assert take(database, clinic, other) is Change.UNCHANGED


def test_a_corrected_name_may_be_that_of_a_known_patient(
    database: Database, clinic: Profile
) -> None:
    """The second appointment was entered under a misspelt name; then it is put right."""
    misspelt = row(external_id="A-1002", first_name="Rosalynd")
    take(database, clinic, misspelt)
    assert len(patients(database)) == 2
    assert take(database, clinic, replace(misspelt, first_name="Rosalind")) is Change.UPDATED
    one, two = appointments(database)
    assert one.patient_id == two.patient_id == patients(database)[0].id


def test_one_patient_may_have_two_appointments(database: Database, clinic: Profile) -> None:
    second = row(external_id="A-1002", starts_at=STARTS_AT + dt.timedelta(days=30))
    assert take(database, clinic, second) is Change.NEW
    assert len(patients(database)) == 1
    assert take(database, clinic, row(phone=OTHER_PHONE)) is Change.UPDATED
    assert patients(database)[0].phone == OTHER_PHONE
    assert take(database, clinic, row(phone=OTHER_PHONE, status=RowStatus.CANCELLED)) is (
        Change.CANCELLED
    )
    one, two = appointments(database)
    assert (one.status, two.status) == ("cancelled", "scheduled")
    with database.reading() as session:
        of_second = select(Reminder.status).where(Reminder.appointment_id == two.id)
        assert set(session.scalars(of_second)) == {"planned"}


def test_two_patients_may_share_a_phone(database: Database, clinic: Profile) -> None:
    husband = row(external_id="A-1002", first_name="Otto", date_of_birth=dt.date(1940, 1, 1))
    assert take(database, clinic, husband) is Change.NEW
    first, second = patients(database)
    assert first.phone == second.phone
    with database.reading() as session:
        assert len(session.scalars(select(Contact)).all()) == 1
    assert take(database, clinic, SAME) is Change.UNCHANGED
    assert take(database, clinic, husband) is Change.UNCHANGED
    assert take(database, clinic, replace(husband, phone=OTHER_PHONE)) is Change.UPDATED
    assert patients(database)[0].phone == SAME.phone


def test_namesakes_with_different_birth_dates_are_two_patients(
    database: Database, clinic: Profile
) -> None:
    namesake = row(external_id="A-1002", date_of_birth=dt.date(1960, 6, 6), phone=OTHER_PHONE)
    assert take(database, clinic, namesake) is Change.NEW
    assert len(patients(database)) == 2


def test_a_name_is_known_in_any_spelling_of_its_letters(
    database: Database, clinic: Profile
) -> None:
    take(database, clinic, row(external_id="A-1002", last_name="quackenbush"))
    assert len(patients(database)) == 1
    assert name_key("Ana  María", "DE LA  CRUZ") == name_key(" ana maría", "de la Cruz")
    assert name_key("Ana", "María de la Cruz") != name_key("Ana María", "de la Cruz")


def test_consent_is_kept_with_its_history(database: Database, clinic: Profile) -> None:
    assert consents(database) == [("sms", True, NOW), ("voice", False, NOW)]
    take(database, clinic, row(sms_consent=False))
    take(database, clinic, row(sms_consent=False))
    assert consents(database)[2:] == [("sms", False, LATER)]
    take(database, clinic, row(voice_consent=True))
    assert consents(database)[3:] == [("sms", True, LATER), ("voice", True, LATER)]
    with database.reading() as session:
        assert set(session.scalars(select(ConsentChange.source))) == {"import"}


def say(database: Database, channel: str, granted: bool, source: str) -> None:
    """The patient, or a member of staff, changes a consent."""
    with database.transaction() as session:
        patient = session.scalars(select(Patient)).one()
        change = ConsentChange(
            patient_id=patient.id, channel=channel, granted=granted, source=source, at=NOW
        )
        set_consent(session, patient, change)


@pytest.mark.parametrize("channel", ["sms", "voice"])
@pytest.mark.parametrize("source", ["text", "call", "phone"])
def test_a_file_gives_no_consent_that_was_taken_back(
    database: Database, clinic: Profile, channel: str, source: str
) -> None:
    """Not the same file again, nor one that corrects the name or says no and then yes."""
    agreed = row(sms_consent=True, voice_consent=True)
    take(database, clinic, agreed)
    say(database, channel, False, source)
    silent = {"sms": (False, True), "voice": (True, False)}[channel]
    assert take(database, clinic, agreed) is Change.UNCHANGED
    assert take(database, clinic, replace(agreed, first_name="Rosalynd")) is Change.UPDATED
    taken_back = replace(agreed, sms_consent=silent[0], voice_consent=silent[1])
    assert take(database, clinic, taken_back) is Change.UPDATED, "the name"
    assert take(database, clinic, agreed) is Change.UNCHANGED
    [patient] = patients(database)
    assert (patient.sms_consent, patient.voice_consent) == silent
    assert consents(database)[-1] == (channel, False, NOW)


def test_staff_give_a_consent_back_that_was_taken_back(database: Database, clinic: Profile) -> None:
    say(database, "sms", False, "text")
    with database.transaction() as session:
        assert upsert(session, clinic, SAME, LATER, "staff") is Change.UPDATED
    assert patients(database)[0].sms_consent
    assert take(database, clinic, SAME) is Change.UNCHANGED


def test_a_file_that_never_told_of_a_consent_takes_none_back(
    database: Database, clinic: Profile
) -> None:
    """Its "no" may be a column that it doesn't have."""
    say(database, "voice", True, "phone")
    assert take(database, clinic, SAME) is Change.UNCHANGED
    assert patients(database)[0].voice_consent


def test_a_file_takes_back_what_it_gave(database: Database, clinic: Profile) -> None:
    """Though the patient had stopped texts once and wanted them again."""
    say(database, "sms", False, "text")
    say(database, "sms", True, "text")
    assert take(database, clinic, row(sms_consent=False)) is Change.UPDATED
    assert consents(database)[-1] == ("sms", False, LATER)
    assert take(database, clinic, SAME) is Change.UPDATED, "what a file took back, it gives again"
    assert patients(database)[0].sms_consent


def test_a_no_that_a_file_has_said_before_is_no_news(database: Database, clinic: Profile) -> None:
    """The clinic noted the patient's "no" too; since then the patient wants texts again."""
    say(database, "sms", False, "text")
    agreed_no_more = row(sms_consent=False)
    assert take(database, clinic, agreed_no_more) is Change.UNCHANGED
    say(database, "sms", True, "text")
    assert take(database, clinic, agreed_no_more) is Change.UNCHANGED
    assert patients(database)[0].sms_consent
    assert take(database, clinic, SAME) is Change.UNCHANGED
    assert take(database, clinic, agreed_no_more) is Change.UPDATED, "now it says no anew"


def test_of_two_rows_that_disagree_the_later_one_counts_every_night(
    database: Database, clinic: Profile
) -> None:
    say(database, "sms", False, "text")
    say(database, "sms", True, "text")
    rows = [row(sms_consent=False), row(external_id="A-1002", sms_consent=True)]
    for _ in range(2):
        with database.transaction() as session:
            upsert_all(session, clinic, rows, LATER)
        assert patients(database)[0].sms_consent


def test_a_box_that_nobody_ticked_at_booking_is_no_refusal(
    database: Database, clinic: Profile
) -> None:
    other = row(external_id="A-1002", first_name="Otto", sms_consent=False)
    with database.transaction() as session:
        upsert(session, clinic, other, NOW, "staff")
    assert len(consents(database)) == 2, "those of the first patient"
    signed = replace(other, sms_consent=True, voice_consent=True)
    assert take(database, clinic, signed) is Change.UPDATED
    otto = patients(database)[1]
    assert (otto.sms_consent, otto.voice_consent) == (True, True)


def choose_spanish(database: Database) -> None:
    with database.transaction() as session:
        contact = lock_contact(session, CLINIC, SAME.phone, NOW)
        set_contact(session, contact.id, language="es")


def test_a_file_does_not_undo_the_language_that_a_patient_chose(
    database: Database, clinic: Profile
) -> None:
    choose_spanish(database)
    assert take(database, clinic, SAME) is Change.UPDATED
    assert patients(database)[0].language == "es"
    assert take(database, clinic, SAME) is Change.UNCHANGED
    assert take(database, clinic, row(phone=OTHER_PHONE)) is Change.UPDATED
    assert patients(database)[0].language == "en"


def test_a_language_chosen_before_the_first_appointment_counts(
    database: Database, clinic: Profile
) -> None:
    choose_spanish(database)
    first = row(external_id="A-1002", first_name="Otto")
    assert take(database, clinic, first) is Change.NEW
    assert patients(database)[1].language == "es"
    assert take(database, clinic, first) is Change.UNCHANGED


@pytest.mark.parametrize("answer", list(Answer))
def test_an_answer_counts_while_the_appointment_lies_ahead(
    database: Database, clinic: Profile, answer: Answer
) -> None:
    [appointment] = appointments(database)
    with database.transaction() as session:
        record_answer(session, appointment.id + 1, answer, LATER)
        record_answer(session, appointment.id, answer, STARTS_AT)
    assert appointments(database)[0].answer is None
    with database.transaction() as session:
        record_answer(session, appointment.id, answer, LATER)
    [answered] = appointments(database)
    assert (answered.answer, answered.answered_at, answered.updated_at) == (answer, LATER, LATER)
    assert take(database, clinic, SAME) is Change.UNCHANGED
    assert appointments(database)[0].answer == answer


def test_a_cancelled_appointment_takes_no_answer(database: Database, clinic: Profile) -> None:
    take(database, clinic, row(status=RowStatus.CANCELLED))
    [appointment] = appointments(database)
    with database.transaction() as session:
        record_answer(session, appointment.id, Answer.CONFIRMED, LATER)
    assert appointments(database)[0].answer is None
