"""Which clinic a text is for, and that a changed profile counts from the next moment on."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from sqlalchemy import event, func, select

from db.clinics import Clinics, NumberTakenError, clinic_without_own_number, store_profile
from db.models import Clinic
from db.session import Database
from db.turns import open_turn
from profiles import Profile
from tests.support.csv_files import NOW
from tests.support.data import STARTS_AT, booked, stored_clinic

FIRST, SECOND = "+18285550110", "+18285550111"
UNKNOWN = "+18285550190"
PHONE = "+18285550173"
DAY = dt.timedelta(days=1)


@pytest.fixture
def two(database: Database) -> tuple[Profile, Profile]:
    """Two stored clinics, each with a texting number."""
    return (
        stored_clinic(database, id="b-clinic", texting_number=FIRST),
        stored_clinic(database, id="a-clinic", texting_number=SECOND),
    )


def clinic_for(database: Database, to: str, sender: str = PHONE) -> str | None:
    """The clinic of a text, found as a turn finds it."""
    with database.connection() as connection:
        opened = open_turn(connection, to, sender, "SM1", "sms", NOW)
        return opened.clinic_id if opened else clinic_without_own_number(connection, sender)


def test_without_a_clinic_there_is_none(database: Database) -> None:
    assert clinic_for(database, FIRST) is None
    with database.reading() as session:
        assert Clinics().get(session, "b-clinic") is None
        assert Clinics().all(session) == {}


def test_a_text_is_for_the_clinic_whose_number_it_went_to(
    database: Database, two: tuple[Profile, Profile]
) -> None:
    booked(database, two[1], NOW, phone=PHONE)
    assert clinic_for(database, FIRST) == "b-clinic"
    assert clinic_for(database, SECOND) == "a-clinic"


def test_to_another_number_it_is_for_the_clinic_that_knows_the_sender(
    database: Database, two: tuple[Profile, Profile]
) -> None:
    booked(database, two[0], NOW, phone=PHONE)
    assert clinic_for(database, UNKNOWN) == "b-clinic"
    assert clinic_for(database, UNKNOWN, sender="+18285550199") == "a-clinic"


def test_a_patient_of_two_clinics_talks_with_that_of_the_latest_appointment(
    database: Database, two: tuple[Profile, Profile]
) -> None:
    booked(database, two[0], NOW, starts_at=STARTS_AT)
    booked(database, two[1], NOW, starts_at=STARTS_AT - DAY)
    assert clinic_for(database, UNKNOWN) == "b-clinic"
    booked(database, two[1], NOW, external_id="B", starts_at=STARTS_AT + DAY)
    assert clinic_for(database, UNKNOWN) == "a-clinic"


def test_a_patient_without_an_appointment_counts_least(
    database: Database, two: tuple[Profile, Profile]
) -> None:
    """The appointment at the one clinic turned out to be another person's."""
    booked(database, two[1], NOW, phone=PHONE)
    other = {"first_name": "Ada", "date_of_birth": dt.date(1950, 1, 1), "phone": "+18285550199"}
    booked(database, two[1], NOW, **other)
    assert clinic_for(database, UNKNOWN) == "a-clinic"
    booked(database, two[0], NOW, phone=PHONE)
    assert clinic_for(database, UNKNOWN) == "b-clinic"


def test_the_only_clinic_gets_every_text(database: Database) -> None:
    stored_clinic(database, texting_number=None)
    assert clinic_for(database, UNKNOWN) == "ara-health"


def test_a_profile_comes_back_as_it_was_stored(
    database: Database, two: tuple[Profile, Profile]
) -> None:
    with database.reading() as session:
        assert Clinics().get(session, "b-clinic") == two[0]
        assert Clinics().all(session) == {"a-clinic": two[1], "b-clinic": two[0]}
        assert list(Clinics().all(session)) == ["a-clinic", "b-clinic"]


def test_storing_says_whether_anything_is_new(database: Database) -> None:
    profile = stored_clinic(database)
    changed = msgspec.structs.replace(profile, name="ARA Health West")
    later = NOW + DAY
    with database.transaction() as session:
        assert store_profile(session, profile, later) == "unchanged"
        assert session.get_one(Clinic, profile.id).loaded_at == NOW
        assert store_profile(session, changed, later) == "changed"
        assert store_profile(session, changed, later + DAY) == "unchanged"
        assert session.get_one(Clinic, profile.id).loaded_at == later
        other = msgspec.structs.replace(profile, id="another", texting_number=None)
        assert store_profile(session, other, later) == "new"


def test_a_changed_profile_is_read_again_and_an_unchanged_one_is_not(database: Database) -> None:
    profile = stored_clinic(database)
    clinics = Clinics()
    statements: list[str] = []

    @event.listens_for(database.engine, "before_cursor_execute")
    def listen(*args: object) -> None:
        statements.append(str(args[2]))

    def name() -> str:
        statements.clear()
        with database.reading() as session:
            found = clinics.get(session, profile.id)
        assert found is not None
        return found.name

    def whole_profile_was_read() -> bool:
        return any("SELECT clinic.profile" in statement for statement in statements)

    assert name() == "ARA Health"
    assert whole_profile_was_read()
    assert name() == "ARA Health"
    assert not whole_profile_was_read()
    stored_clinic(database, name="ARA Health West")
    assert name() == "ARA Health West"
    assert whole_profile_was_read()
    stored_clinic(database)
    assert name() == "ARA Health"


def test_a_number_belongs_to_one_clinic(database: Database, two: tuple[Profile, Profile]) -> None:
    thief = msgspec.structs.replace(two[0], id="c-clinic", texting_number=SECOND)
    moved = msgspec.structs.replace(two[0], texting_number=SECOND)
    for wrong in (thief, moved):
        with (
            pytest.raises(NumberTakenError, match=r"a-clinic.*nothing was changed"),
            database.transaction() as session,
        ):
            store_profile(session, wrong, NOW)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Clinic)) == 2
        assert Clinics().get(session, "b-clinic") == two[0]


def test_any_number_of_clinics_may_have_no_number(database: Database) -> None:
    stored_clinic(database, id="b-clinic", texting_number=None)
    stored_clinic(database, id="a-clinic", texting_number=None)
    assert clinic_for(database, FIRST) == "a-clinic"
