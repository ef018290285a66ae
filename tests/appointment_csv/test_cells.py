"""What each column takes, what it refuses, and with which words."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest

from appointment_csv import (
    COLUMNS,
    AppointmentRow,
    Channel,
    CsvResult,
    RowNote,
    RowProblem,
    RowStatus,
    read_appointments,
)
from profiles import Profile
from tests.support.csv_files import DATA, NOW, csv_file, sample_profiles

PROFILES = sample_profiles()


def read(*rows: dict[str, str]) -> CsvResult:
    return read_appointments(csv_file(*rows), PROFILES, now=NOW)


def read_one(**changes: str) -> AppointmentRow:
    result = read(changes)
    assert result.problems == ()
    return result.rows[0]


ID = "write the appointment's number in your own system, up to 64 characters"
NAME = "write the patient's name, up to 100 characters"
INVISIBLE = ("holds a character that can't be seen", "delete the cell and type it anew")
CLINIC = "write ara-health or iowa-radiology"
BORN = "write year-month-day, like 1948-03-09"
BORN_STYLE = ("is not written as YYYY-MM-DD, and other styles are ambiguous", BORN)
PHONE = "write the number like (515) 555-0142"
PROCEDURE = "write kyphoplasty or vertebroplasty"
STARTS = "write the clinic's own date and time, like 2026-12-01T08:30"
STARTS_STYLE = ("is not written as YYYY-MM-DDTHH:MM", STARTS)
CONSENT = ("is neither a yes nor a no", "write yes or no")

REFUSED = [
    ("external_id", "", "is empty", ID),
    ("external_id", "7" * 65, "is longer than 64 characters", ID),
    ("external_id", "A\u200b1", *INVISIBLE),
    ("clinic", "", "is empty", CLINIC),
    ("clinic", "ara", "is not a clinic whose profile is loaded", CLINIC),
    ("first_name", "", "is empty", NAME),
    ("first_name", "n" * 101, "is longer than 100 characters", NAME),
    ("first_name", "Ro\x07sa", *INVISIBLE),
    ("last_name", " ", "is empty", NAME),
    ("last_name", "n" * 101, "is longer than 100 characters", NAME),
    ("date_of_birth", "", "is empty", BORN),
    ("date_of_birth", "05/17/1944", *BORN_STYLE),
    ("date_of_birth", "1944-5-17", *BORN_STYLE),
    ("date_of_birth", "19440517", *BORN_STYLE),
    ("date_of_birth", "1944-05-17 00:00", *BORN_STYLE),
    ("date_of_birth", "١٩٤٤-٠٥-١٧", *BORN_STYLE),
    ("date_of_birth", "1943-02-29", "is a day that the calendar does not have", BORN),
    ("date_of_birth", "2026-11-21", "lies in the future", "check the year"),
    ("date_of_birth", "1905-11-20", "makes the patient older than 120", "check the year"),
    (
        "phone",
        "",
        "is empty",
        PHONE,
    ),
    (
        "phone",
        "828 555 017",
        "A US phone number has ten digits, with the area code; this one has 9",
        PHONE,
    ),
    (
        "phone",
        "8.28556E+09",
        "was rounded by a spreadsheet",
        "make the column text and fill it in anew",
    ),
    ("language", "fr", "is not a language that is served", "write en or es"),
    ("procedure", "", "is empty", PROCEDURE),
    ("procedure", "discectomy", "is not a procedure of this clinic", PROCEDURE),
    ("starts_at", "", "is empty", STARTS),
    ("starts_at", "12/01/2026 8:30", *STARTS_STYLE),
    ("starts_at", "2026-12-01", *STARTS_STYLE),
    ("starts_at", "2026-12-01T8:30", *STARTS_STYLE),
    ("starts_at", "2026-12-01T08:30:15", *STARTS_STYLE),
    ("starts_at", "2026-12-01T08:30Z", *STARTS_STYLE),
    ("starts_at", "2026-12-01T08:30-05:00", *STARTS_STYLE),
    ("starts_at", "2026-12-01 08:30 AM", *STARTS_STYLE),
    ("starts_at", "2026-11-31T08:30", "is a day or time that does not exist", STARTS),
    ("starts_at", "2026-12-01T24:00", "is a day or time that does not exist", STARTS),
    ("starts_at", "1999-12-31T08:30", "lies outside the years 2000 to 2099", "check the year"),
    ("starts_at", "2100-01-01T08:30", "lies outside the years 2000 to 2099", "check the year"),
    ("channel", "fax", "is not a channel", "write sms, voice or auto"),
    ("status", "no-show", "is not a status", "write scheduled or cancelled"),
    ("sms_consent", "maybe", *CONSENT),
    ("voice_consent", "x", *CONSENT),
]


@pytest.mark.parametrize(("column", "text", "what", "instead"), REFUSED)
def test_a_bad_value_is_one_problem_of_its_row(
    column: str, text: str, what: str, instead: str
) -> None:
    result = read({}, {column: text}, {})
    assert result.problems == (RowProblem(3, column, what, instead),)
    assert [row.row for row in result.rows] == [2, 4]


def test_every_column_has_a_refused_value() -> None:
    assert {column for column, *_ in REFUSED} == set(COLUMNS)


def test_all_problems_of_a_row_are_told_at_once() -> None:
    raw = (DATA / "many-mistakes-in-a-row.csv").read_bytes()
    result = read_appointments(raw, PROFILES, now=NOW)
    assert [row.row for row in result.rows] == [3]
    assert {problem.row for problem in result.problems} == {2}
    assert [problem.column for problem in result.problems] == [
        "first_name",
        "date_of_birth",
        "phone",
        "language",
        "procedure",
        "starts_at",
        "channel",
        "status",
        "sms_consent",
        "voice_consent",
    ]


def test_a_row_of_an_unknown_clinic_is_still_checked_as_far_as_it_can_be() -> None:
    problems = read(
        {"clinic": "elsewhere", "procedure": "discectomy", "starts_at": "soon"}
    ).problems
    assert problems == (
        RowProblem(2, "clinic", "is not a clinic whose profile is loaded", CLINIC),
        RowProblem(2, "starts_at", *STARTS_STYLE),
    )
    (problem,) = read({"clinic": "elsewhere", "procedure": ""}).problems[1:]
    instead = "write the procedure's code from the clinic's profile"
    assert problem == RowProblem(2, "procedure", "is empty", instead)


def test_without_any_clinic_the_way_out_is_to_load_one() -> None:
    (problem,) = read_appointments(csv_file({}), {}, now=NOW).problems
    what = "is not a clinic whose profile is loaded"
    assert problem == RowProblem(2, "clinic", what, "load the clinic's profile first")


def test_a_time_that_the_clocks_skip_is_a_problem_and_one_that_comes_twice_is_the_first() -> None:
    raw = (DATA / "clocks-change.csv").read_bytes()
    result = read_appointments(raw, PROFILES, now=NOW)
    assert result.problems == (
        RowProblem(
            2,
            "starts_at",
            "does not exist: the clocks go forward over this time that night",
            "write the time that the clock will show",
        ),
    )
    (row,) = result.rows
    assert row.starts_at == dt.datetime(2027, 11, 7, 5, 30, tzinfo=dt.UTC)
    assert row.starts_at.tzinfo is dt.UTC
    what = "comes twice that night as the clocks go back; the first one was taken"
    assert result.notes == (RowNote(3, "starts_at", what),)


@pytest.mark.parametrize(
    ("clinic", "local", "moment"),
    [
        ("ara-health", "2026-12-01T08:30", "2026-12-01T13:30+00:00"),
        ("iowa-radiology", "2026-12-01T08:30", "2026-12-01T14:30+00:00"),
        ("IOWA-Radiology", "2026-12-01T08:30", "2026-12-01T14:30+00:00"),
        ("ara-health", "2027-07-01 08:30", "2027-07-01T12:30+00:00"),
        ("ara-health", "2027-07-01T08:30:00", "2027-07-01T12:30+00:00"),
        ("ara-health", "2027-07-01t23:59", "2027-07-02T03:59+00:00"),
        ("ara-health", "2027-03-14T03:00", "2027-03-14T07:00+00:00"),
        ("ara-health", "2027-03-14T01:59", "2027-03-14T06:59+00:00"),
        ("ara-health", "2027-11-07T02:00", "2027-11-07T07:00+00:00"),
        ("ara-health", "2027-11-07T00:59", "2027-11-07T04:59+00:00"),
    ],
)
def test_starts_at_is_local_to_the_rows_clinic(clinic: str, local: str, moment: str) -> None:
    result = read({"clinic": clinic, "starts_at": local})
    assert result.rows[0].starts_at == dt.datetime.fromisoformat(moment)
    assert result.notes == ()


@pytest.mark.parametrize(
    ("text", "born"),
    [
        ("2026-11-20", dt.date(2026, 11, 20)),  # born today
        ("1905-11-21", dt.date(1905, 11, 21)),  # 121 tomorrow
        ("1944-02-29", dt.date(1944, 2, 29)),
    ],
)
def test_birth_dates_reach_from_today_to_an_age_of_120(text: str, born: dt.date) -> None:
    assert read_one(date_of_birth=text).date_of_birth == born


def test_today_is_the_clinics_own_day() -> None:
    one_in_the_night_utc = dt.datetime(2026, 11, 21, 1, 0, tzinfo=dt.UTC)
    raw = csv_file({"date_of_birth": "2026-11-21"})
    (problem,) = read_appointments(raw, PROFILES, now=one_in_the_night_utc).problems
    assert problem.what == "lies in the future"


def test_without_a_given_moment_the_system_clock_decides() -> None:
    tomorrow = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=2)
    (problem,) = read_appointments(
        csv_file({"date_of_birth": tomorrow.isoformat()}), PROFILES
    ).problems
    assert problem.what == "lies in the future"


@pytest.mark.parametrize(
    ("column", "texts", "value"),
    [
        ("clinic", ["ara-health", "ARA-Health"], "ara-health"),
        ("language", ["en", "EN", "English", "inglés", "Ingles"], "en"),
        ("language", ["es", "Spanish", "español", "ESPAÑOL", "espanol"], "es"),
        ("procedure", ["kyphoplasty", "Kyphoplasty"], "kyphoplasty"),
        ("channel", ["sms", "SMS"], Channel.SMS),
        ("channel", ["voice"], Channel.VOICE),
        ("channel", ["auto", ""], Channel.AUTO),
        ("status", ["scheduled", "Scheduled", ""], RowStatus.SCHEDULED),
        ("status", ["cancelled", "CANCELED"], RowStatus.CANCELLED),
        ("sms_consent", ["yes", "Y", "true", "TRUE", "1", "sí", "Sí", "si", ""], True),
        ("sms_consent", ["no", "N", "false", "0"], False),
        ("voice_consent", ["yes", "y", "true", "1", "sí"], True),
        ("voice_consent", ["no", "n", "False", "0", ""], False),
        (
            "phone",
            ["8285550173", "828.555.0173", "+1 828 555 0173", "1-828-555-0173"],
            "+18285550173",
        ),
        ("first_name", ["Mary  Ann", "Mary\u00a0Ann"], "Mary Ann"),
        ("external_id", ["7" * 64], "7" * 64),
        ("last_name", ["n" * 100], "n" * 100),
    ],
)
def test_usual_spellings_are_understood(column: str, texts: list[str], value: object) -> None:
    for text in texts:
        assert getattr(read_one(**{column: text}), column) == value, text


def test_missing_columns_and_empty_cells_take_the_defaults_and_the_clinics_language() -> None:
    profiles = {**PROFILES, "spanish": _speaking_spanish()}
    optional = ("language", "channel", "status", "sms_consent", "voice_consent")
    columns = tuple(column for column in COLUMNS if column not in optional)
    without_columns = csv_file({"clinic": "spanish"}, columns=columns)
    with_empty_cells = csv_file({"clinic": "spanish", **dict.fromkeys(optional, "")})
    for raw in (without_columns, with_empty_cells):
        (row,) = read_appointments(raw, profiles, now=NOW).rows
        assert (row.language, row.channel, row.status) == ("es", "auto", "scheduled")
        assert (row.sms_consent, row.voice_consent) == (True, False)


def _speaking_spanish() -> Profile:
    return msgspec.structs.replace(PROFILES["ara-health"], id="spanish", language="es")
