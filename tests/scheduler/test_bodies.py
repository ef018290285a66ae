"""What reminders say: the right day and time, nothing about the body, and not at any length."""

from __future__ import annotations

import datetime as dt
import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carrier.segments import count
from db.models import Appointment, Patient
from flows.library import default_library
from profiles import LANGUAGES, Profile
from scheduler.bodies import body_of, occasioned
from scheduler.policy import Kind
from tests.support.csv_files import NOW, sample_profiles
from tests.support.data import STARTS_AT
from tests.support.visits import local, make_procedure

LIBRARY = default_library()
PROFILES = sample_profiles()
ARA = PROFILES["ara-health"]
TELL_THE_DAY = [kind for kind in Kind if kind is not Kind.FASTING_START]
TELL_THE_FAST = [Kind.DAY_BEFORE, Kind.FASTING_START, Kind.BOOKED, Kind.MOVED]
ASK = [Kind.WEEK_BEFORE, Kind.DAY_BEFORE, Kind.BOOKED, Kind.MOVED]
UNSPEAKABLE = re.compile(
    r"kypho|vertebr|cifoplast|fractur|osteopor|spin(e|al)|columna|espalda|back pain|compres|"
    r"cement|surgery|cirug|cancer|cáncer|tumor|scan|x-ray|rayos|mri|bone|hueso",
    re.IGNORECASE,
)
VAGUE = re.compile(r"tomorrow|tonight|midnight|mañana|manana|medianoche|esta noche", re.IGNORECASE)
# Letters of names in the languages that patients and their families come from.
LETTERS = (
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "áéíóúüñÁÉÍÓÚÜÑçãõâêôàÇÃÕąćęłńśźżŁŚŻčďěňřšťůýžČŘŠŽđăơưạảấầẩậắằặẹẻẽếềểễệỉịọỏốồộớờợụủứừựỳỵỹĐ"
    "äößøåæëïğşı -'’."
)
names = st.text(LETTERS, min_size=1, max_size=60).map(lambda name: " ".join(name.split()) or "A")
profiles = st.sampled_from(sorted(PROFILES.values(), key=lambda profile: profile.id))
days = st.dates(dt.date(2026, 1, 1), dt.date(2030, 12, 31))
working_hours = st.times(dt.time(6, 0), dt.time(20, 0))


def body(
    kind: Kind,
    language: str = "en",
    *,
    profile: Profile = ARA,
    starts_at: dt.datetime = STARTS_AT,
    name: str = "Rosalind",
    procedure: str = "kyphoplasty",
    now: dt.datetime = NOW,
) -> str:
    patient = Patient(first_name=name, language=language)
    appointment = Appointment(patient=patient, procedure=procedure, starts_at=starts_at)
    return body_of(LIBRARY, profile, occasioned(appointment), kind, now)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", list(Kind))
class TestEveryMessage:
    def test_says_who_writes_to_whom(self, profile: Profile, language: str, kind: Kind) -> None:
        said = body(kind, language, profile=profile)
        assert said.startswith(f"{profile.name}: ")
        assert "Rosalind" in said

    def test_says_when_in_the_clinics_time(
        self, profile: Profile, language: str, kind: Kind
    ) -> None:
        """8:30 AM on the clinic's own clock; the fast starts six hours of that night before."""
        starts_at = local("2026-12-01T08:30", profile.time_zone)
        said = body(kind, language, profile=profile, starts_at=starts_at)
        assert {"en": "Tue, Dec 1", "es": "mar 1 de dic"}[language] in said
        if kind in TELL_THE_DAY:
            assert {"en": "8:30 AM", "es": "8:30 a. m."}[language] in said
        if kind in TELL_THE_FAST:
            fast = {"en": "2:30 AM (Monday night)", "es": "2:30 a. m. (la noche del lunes"}
            assert fast[language] in said
        else:
            assert "2:30" not in said

    def test_names_no_procedure_and_no_diagnosis(
        self, profile: Profile, language: str, kind: Kind
    ) -> None:
        for code, procedure in profile.procedures.items():
            said = body(kind, language, profile=profile, procedure=code)
            assert not UNSPEAKABLE.search(said), said
            assert procedure.name.in_language(language).lower() not in said.lower()

    def test_asks_for_no_opt_out_word(self, profile: Profile, language: str, kind: Kind) -> None:
        said = body(kind, language, profile=profile)
        assert not re.search(r"\b(YES|SÍ|SI|CANCEL|CANCELAR|END|QUIT)\b", said)
        asks = re.search(r"(?:Reply|Responda) 1 .+, 2 .+, 3 .+, 0 ", said)
        assert bool(asks) is (kind in ASK)

    def test_reads_as_one_line_of_clean_text(
        self, profile: Profile, language: str, kind: Kind
    ) -> None:
        for code in [*profile.procedures, "no-longer-listed"]:
            said = body(kind, language, profile=profile, procedure=code)
            assert not re.search(r"\s\s|\n|[{}]|\.\.", said), said


@pytest.mark.parametrize(
    ("starts", "english", "spanish"),
    [
        (
            "2026-12-01T06:00",
            "12:00 AM, the night from Mon, Nov 30 to Tue, Dec 1",
            "12:00 a. m., la noche del lun 30 de nov al mar 1 de dic",
        ),
        (
            "2026-12-01T07:00",
            "Tue, Dec 1 at 1:00 AM (Monday night)",
            "mar 1 de dic a la 1:00 a. m. (la noche del lunes al martes)",
        ),
        ("2026-12-01T05:00", "Mon, Nov 30 at 11:00 PM", "lun 30 de nov a las 11:00 p. m."),
        ("2026-12-01T18:00", "Tue, Dec 1 at 12:00 PM (noon)", "mar 1 de dic a las 12:00 p. m."),
    ],
)
def test_nobody_takes_the_wrong_night(starts: str, english: str, spanish: str) -> None:
    for kind in TELL_THE_FAST:
        assert english in body(kind, "en", starts_at=local(starts))
        assert spanish in body(kind, "es", starts_at=local(starts))


@pytest.mark.parametrize("kind", [Kind.DAY_BEFORE, Kind.BOOKED, Kind.MOVED])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_fast_that_has_begun_is_told_in_other_words(kind: Kind, language: str) -> None:
    begins = STARTS_AT - dt.timedelta(hours=6)
    ahead = body(kind, language, now=begins - dt.timedelta(seconds=1))
    assert ahead == body(kind, language, now=NOW)
    assert body(kind, language, now=begins) != ahead


@pytest.mark.parametrize("kind", TELL_THE_DAY)
@pytest.mark.parametrize("language", LANGUAGES)
def test_without_a_fast_nothing_is_said_of_one(kind: Kind, language: str) -> None:
    plain = msgspec.structs.replace(ARA, procedures={"talk": make_procedure(0)})
    said = body(kind, language, profile=plain, procedure="talk")
    assert not re.search(r"\bfast|\beat\b|ayun|\bcoma\b", said, re.IGNORECASE), said
    assert "8:30" in said


def test_the_time_of_arrival_is_the_clinics() -> None:
    for profile, arrival in ((ARA, "7:30"), (PROFILES["iowa-radiology"], "7:45")):
        starts_at = local("2026-12-01T08:30", profile.time_zone)
        for kind in ASK:
            assert f"{arrival} AM" in body(kind, "en", profile=profile, starts_at=starts_at)
            assert f"{arrival} a. m." in body(kind, "es", profile=profile, starts_at=starts_at)


def test_accents_stay_where_the_profile_says_so() -> None:
    kept = msgspec.structs.replace(ARA, keep_accents=True)
    assert "João" in body(Kind.DAY_BEFORE, "es", profile=kept, name="João")
    assert "Joao" in body(Kind.DAY_BEFORE, "es", name="João")


def test_a_name_is_never_taken_for_a_placeholder() -> None:
    assert "Hello {phone}." in body(Kind.BOOKED, name="{phone}")


@given(
    profile=profiles,
    language=st.sampled_from(LANGUAGES),
    kind=st.sampled_from(Kind),
    day=days,
    time=working_hours,
    hours_ahead=st.integers(0, 200),
    name=names,
)
def test_no_message_takes_more_than_three_segments_or_is_vague(
    profile: Profile,
    language: str,
    kind: Kind,
    day: dt.date,
    time: dt.time,
    hours_ahead: int,
    name: str,
) -> None:
    starts_at = dt.datetime.combine(day, time, profile.zone).astimezone(dt.UTC)
    now = starts_at - dt.timedelta(hours=hours_ahead)
    said = body(kind, language, profile=profile, starts_at=starts_at, name=name, now=now)
    assert count(said).count <= 3, said
    without_name = body(kind, language, profile=profile, starts_at=starts_at, now=now)
    assert not VAGUE.search(without_name), without_name
    for after in without_name.split("12:00 AM")[1:]:
        assert after.startswith(", the night from"), without_name
