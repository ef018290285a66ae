"""Clinic profiles: the samples, what comes out of a file, and what is told of a broken one."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles import (
    FastingAnchor,
    FirstScan,
    PerformedBy,
    Profile,
    ProfileError,
    ReminderRules,
    SendWindow,
    Stay,
    Wording,
    parse_profile,
    profile_from_json,
    profile_to_json,
)
from yaml_text import load_yaml

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = {path.stem: path for path in sorted((ROOT / "clinics").glob("*.yaml"))}
BROKEN = ROOT / "tests" / "data" / "profiles"


def sample(name: str) -> Profile:
    return parse_profile(SAMPLES[name].read_text(encoding="utf-8"), f"{name}.yaml")


def test_the_two_samples_ship() -> None:
    assert list(SAMPLES) == ["ara-health", "iowa-radiology"]


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_survives_being_stored(name: str) -> None:
    profile = sample(name)
    stored = profile_from_json(profile_to_json(profile))
    assert stored == profile
    assert stored.fingerprint() == profile.fingerprint()
    assert profile_to_json(stored) == profile_to_json(profile)
    assert profile.id == name


def test_ara_health_works_as_the_practice_says() -> None:
    profile = sample("ara-health")
    assert profile.name == "ARA Health"
    assert profile.zone == ZoneInfo("America/New_York")
    assert profile.coordinator.name == "ARA Cares Coordinator"
    assert profile.coordinator.phone == "(828) 436-5500"
    assert profile.practice.first_scan is FirstScan.XRAY
    assert profile.practice.performed_by is PerformedBy.NEUROINTERVENTIONALIST
    assert profile.practice.stay is Stay.SAME_DAY
    assert profile.texting_number == "+18285550110"


def test_iowa_radiology_works_as_the_practice_says() -> None:
    profile = sample("iowa-radiology")
    assert profile.name == "Iowa Radiology"
    assert profile.zone == ZoneInfo("America/Chicago")
    assert profile.coordinator.name == "Care team desk"
    assert profile.coordinator.phone == "(515) 555-0142"
    assert profile.practice.first_scan is FirstScan.MRI_OR_CT
    assert profile.practice.performed_by is PerformedBy.INTERVENTIONAL_RADIOLOGIST
    assert profile.practice.stay is Stay.SAME_DAY_OR_SHORT_STAY
    assert profile.texting_number == "+15155550120"


@pytest.mark.parametrize("name", SAMPLES)
def test_the_samples_spell_out_the_rules_that_hold_by_default(name: str) -> None:
    profile = sample(name)
    assert profile.reminders == ReminderRules()
    assert profile.send_window == SendWindow()
    plain = load_yaml(SAMPLES[name].read_text(encoding="utf-8"))
    assert isinstance(plain, dict)
    assert list(plain["reminders"]) == ["week_before", "day_before", "fasting_start"]
    assert list(profile.procedures) == ["kyphoplasty", "vertebroplasty"]
    for procedure in profile.procedures.values():
        assert procedure.fasting_hours == 6
        assert procedure.fasting_anchor is FastingAnchor.PROCEDURE
        assert procedure.arrive_minutes_before > 0
    assert profile.procedures["kyphoplasty"].name == Wording("kyphoplasty", "cifoplastia")
    assert profile.procedures["vertebroplasty"].name == Wording("vertebroplasty", "vertebroplastia")


CLINICAL = {
    "prep.drinks",
    "prep.medications",
    "prep.diabetes",
    "prep.illness",
    "treatment.risks",
    "treatment.anesthesia",
    "recovery.aftercare",
    "recovery.warning_signs",
}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_answers_no_clinical_question_by_itself(name: str) -> None:
    profile = sample(name)
    assert profile.approved_texts
    assert not CLINICAL & set(profile.approved_texts)
    for approved in profile.approved_texts.values():
        assert approved.approved_by == "Clinic lead (sample)"
        for text in (approved.text.en, approved.text.es):
            assert len(text) <= 300
            assert not re.search(r"\d|%", text)
    comments = SAMPLES[name].read_text(encoding="utf-8")
    for topic in CLINICAL:
        assert f"#   {topic} " in comments


def test_a_wording_falls_back_to_english() -> None:
    wording = Wording(en="yes", es="sí")
    assert [wording.in_language(language) for language in ("en", "es", "fr")] == [
        "yes",
        "sí",
        "yes",
    ]


TOLD = {
    "accents-yes": "keep_accents: must be true or false",
    "approval-date-american": (
        "approved_texts.clinic.parking.approved_at: must be a date like 2026-11-21"
    ),
    "approval-date-missing": "approved_texts.clinic.parking: is missing the line 'approved_at'",
    "approver-empty": (
        "approved_texts.clinic.parking: the text and who approved it must both be filled in"
    ),
    "arrival-too-early": (
        "procedures.kyphoplasty.arrive_minutes_before: must lie between 0 and 600"
    ),
    "clock-time-in-words": "reminders.day_before.at: must be a clock time like 10:00",
    "clock-time-with-zone": "send_window.opens: must be a clock time like 10:00",
    "coordinator-missing": "the profile: is missing the line 'coordinator'",
    "coordinator-phone-missing": "coordinator: is missing the line 'phone'",
    "days-before-zero": "reminders.day_before.days_before: must lie between 1 and 60",
    "empty": "the profile: must be lines with names of their own, and nothing is written there",
    "evening-after-closing": (
        "send_window: opens must be before closes, and evening_at between them"
    ),
    "fasting-hours-in-words": "procedures.kyphoplasty.fasting_hours: must be a number",
    "fasting-hours-too-many": "procedures.kyphoplasty.fasting_hours: must lie between 0 and 24",
    "fasting-reminder-too-early": (
        "reminders.fasting_start.minutes_before: must lie between 0 and 720"
    ),
    "first-scan-unknown": "practice.first_scan: can't be 'ultrasound'",
    "hours-day-spelled-out": (
        "hours.monday: write the day as one of mon, tue, wed, thu, fri, sat, sun"
    ),
    "hours-not-a-list": "hours.mon: must be a list in [ ]",
    "hours-period-backwards": "hours.mon: '17:00-08:00' must be written like 08:00-17:00",
    "id-with-capitals": "id: 'Elm Street' must be lower-case letters, digits and hyphens",
    "language-not-served": "language: 'fr' is not served; write en or es",
    "line-twice": "not readable as YAML: line 3: the key 'name' is written twice",
    "list": "the profile: must be lines with names of their own, not a list",
    "name-empty": "name: must be a text, and nothing is written there",
    "no-procedures": "procedures: at least one is needed",
    "not-yaml": (
        "not readable as YAML: line 17: expected ',' or ']', but got '<stream end>', "
        "while parsing a flow sequence that begins in line 16"
    ),
    "procedure-code-with-hyphen": (
        "procedures.balloon-kyphoplasty: a code is lower-case letters, digits and _"
    ),
    "reminder-kind-unknown": "reminders: has a line that no profile knows: 'month_before'",
    "spanish-name-missing": "procedures.kyphoplasty.name: is missing the line 'es'",
    "template-left-unfilled": (
        "not readable as YAML: line 2: before a ':' stands something other than a name"
    ),
    "texting-number-not-e164": "texting_number: write it like '+18285550110', in quotes",
    "time-zone-unknown": "time_zone: 'Mountain' is unknown; write it like America/Chicago",
    "too-many-messages": "messages_per_day: must lie between 1 and 10",
    "unknown-line": "the profile: has a line that no profile knows: 'text_number'",
    "useful-for-too-long": ("reminders.week_before.useful_for_hours: must lie between 1 and 168"),
    "useful-until-at": "reminders.day_before.useful_until: must be later than at",
    "window-too-early": "send_window: must lie inside 08:00 to 21:00; patients sleep at night",
    "window-too-late": ("send_window: must lie inside 08:00 to 21:00; patients sleep at night"),
}


@pytest.mark.parametrize("name", sorted(path.stem for path in BROKEN.glob("*.yaml")))
def test_a_broken_profile_is_told_by_its_place_in_one_sentence(name: str) -> None:
    path = BROKEN / f"{name}.yaml"
    with pytest.raises(ProfileError) as caught:
        parse_profile(path.read_text(encoding="utf-8"), path.name)
    assert caught.value.problems == [f"{path.name}: {TOLD[name]}"]
    assert str(caught.value) == f"{path.name}: {TOLD[name]}"


def test_every_broken_example_is_there() -> None:
    assert {path.stem for path in BROKEN.glob("*.yaml")} == set(TOLD)


def test_mistakes_of_several_kinds_are_told_together() -> None:
    text = SAMPLES["ara-health"].read_text(encoding="utf-8")
    text = text.replace("America/New_York", "Eastern").replace("mon: [08", "moon: [08")
    with pytest.raises(ProfileError) as caught:
        parse_profile(text, "p.yaml")
    assert [problem.split(":")[1] for problem in caught.value.problems] == [
        " time_zone",
        " hours.moon",
    ]


@pytest.mark.parametrize("word", ["yes", "on", "10:30", "010", "1_000", "2026-11-02", "0x1f"])
def test_yaml_keeps_every_word_as_it_is_written(word: str) -> None:
    assert load_yaml(f"answer: {word}") == {"answer": word}


def test_a_reminder_can_be_done_without() -> None:
    text = SAMPLES["ara-health"].read_text(encoding="utf-8")
    start, end = text.index("reminders:\n"), text.index("keep_accents:")
    profile = parse_profile(
        f"{text[:start]}reminders:\n  week_before: null\n{text[end:]}", "p.yaml"
    )
    assert profile.reminders.week_before is None
    assert profile.reminders.day_before == ReminderRules().day_before


@given(
    st.builds(
        msgspec.structs.replace,
        st.sampled_from([sample(name) for name in SAMPLES]),
        name=st.text(min_size=1),
        address=st.text(),
        keep_accents=st.booleans(),
        messages_per_day=st.integers(1, 10),
        send_window=st.builds(
            SendWindow, st.times(dt.time(8), dt.time(12)), evening_at=st.just(dt.time(20))
        ),
    )
)
def test_any_profile_survives_being_stored_and_only_changes_change_its_fingerprint(
    profile: Profile,
) -> None:
    stored = profile_from_json(profile_to_json(profile))
    assert stored == profile
    reordered = msgspec.structs.replace(
        profile, procedures=dict(reversed(profile.procedures.items()))
    )
    assert reordered == profile
    assert reordered.fingerprint() == stored.fingerprint() == profile.fingerprint()
    renamed = msgspec.structs.replace(profile, name=profile.name + "!")
    assert renamed.fingerprint() != profile.fingerprint()
