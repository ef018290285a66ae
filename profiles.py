"""A clinic's profile: everything that differs from one clinic to the next, as typed data.

A profile is a YAML file that the clinic's people can read and edit. It is checked as a whole when
it is loaded, and every mistake found is reported at once, each with its place and a way to mend it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import cache
from typing import Annotated, Final
from zoneinfo import ZoneInfo, available_timezones

import msgspec
import yaml

from yaml_text import load_yaml, one_line

Language = str
LANGUAGES: Final[tuple[Language, ...]] = ("en", "es")
# The clinic's own clock: a time that names a zone would be a second opinion on the profile's.
LocalTime = Annotated[dt.time, msgspec.Meta(tz=False)]


class ProfileError(Exception):
    """A profile that can't be used; `problems` holds one plain sentence for each mistake."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class FirstScan(StrEnum):
    """Which scan the clinic takes first when a fracture is suspected."""

    XRAY = "xray"
    MRI_OR_CT = "mri_or_ct"


class PerformedBy(StrEnum):
    """The kind of doctor who does the procedure at this clinic."""

    INTERVENTIONAL_RADIOLOGIST = "interventional_radiologist"
    NEUROINTERVENTIONALIST = "neurointerventionalist"


class Stay(StrEnum):
    """Whether the clinic's patients always go home the same day."""

    SAME_DAY = "same_day"
    SAME_DAY_OR_SHORT_STAY = "same_day_or_short_stay"


class FastingAnchor(StrEnum):
    """The moment that the fasting hours are counted back from."""

    PROCEDURE = "procedure"
    ARRIVAL = "arrival"


class RuleKind(StrEnum):
    """The reminders that a clinic can have before every appointment."""

    WEEK_BEFORE = "week_before"
    DAY_BEFORE = "day_before"
    FASTING_START = "fasting_start"


class Wording(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One text in every language the clinic serves; `en` and `es` are both required."""

    en: str
    es: str

    def in_language(self, language: Language) -> str:
        """The wording for a language code; English for one that is not served."""
        return self.es if language == "es" else self.en


class Coordinator(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom patients are sent to: the name of the desk and its phone number as people write it."""

    name: str
    phone: str


class Practice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The clinical points on which practices differ; each picks one of the listed answers."""

    first_scan: FirstScan
    performed_by: PerformedBy
    stay: Stay


class Procedure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the clinic's rules say for one procedure. Hours are elapsed hours, not wall clock."""

    name: Wording
    fasting_hours: float = 6.0
    fasting_anchor: FastingAnchor = FastingAnchor.PROCEDURE
    arrive_minutes_before: int = 0


class SendWindow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Clinic-local times [opens, closes) in which automated messages may reach a patient.

    `evening_at` is where a fasting reminder goes when its own moment lies outside the window.
    """

    opens: LocalTime = dt.time(8, 0)
    closes: LocalTime = dt.time(21, 0)
    evening_at: LocalTime = dt.time(20, 0)


class CalendarRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reminder `days_before` calendar days before the appointment, at a clinic-local time.

    It is useful until `useful_until` on that same day or, where that is not given, for
    `useful_for_hours` elapsed hours.
    """

    days_before: int
    at: LocalTime = dt.time(10, 0)
    useful_until: LocalTime | None = None
    useful_for_hours: float = 48.0


class FastingRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reminder `minutes_before` elapsed minutes before fasting starts."""

    minutes_before: int = 30


class ReminderRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The clinic's reminders; a rule set to null (`week_before: null`) is one it does not want."""

    week_before: CalendarRule | None = CalendarRule(days_before=7)
    day_before: CalendarRule | None = CalendarRule(days_before=1, useful_until=dt.time(21, 0))
    fasting_start: FastingRule | None = FastingRule()


class ApprovedText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The clinic's own wording for a topic that ships without an answer, and who stands for it."""

    text: Wording
    approved_by: str
    approved_at: dt.date


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One clinic. All clock times are local to `time_zone`; weekday keys in `hours` are mon..sun.

    `texting_number` is the number in E.164 form that patients text; without one the number or
    messaging service in the settings is used. `messages_per_day` is the most that one phone gets
    on one calendar day; `messages_per_second` and `calls_per_second` are what the carrier allows
    the clinic's sender.
    """

    id: str
    name: str
    time_zone: str
    coordinator: Coordinator
    address: str
    practice: Practice
    procedures: dict[str, Procedure]
    hours: dict[str, list[str]]
    language: Language = "en"
    texting_number: str | None = None
    send_window: SendWindow = SendWindow()
    reminders: ReminderRules = ReminderRules()
    approved_texts: dict[str, ApprovedText] = {}
    keep_accents: bool = False
    messages_per_day: int = 4
    messages_per_second: float = 1.0
    calls_per_second: float = 1.0

    @property
    def zone(self) -> ZoneInfo:
        """The clinic's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def longest_fast(self) -> float:
        """The fasting hours told to someone whose procedure is not known: the longest there are."""
        return max(procedure.fasting_hours for procedure in self.procedures.values())

    def fingerprint(self) -> str:
        """A short hash of the whole profile; equal profiles have equal fingerprints."""
        return hashlib.sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()[:16]


WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}\Z")
_PROCEDURE_ID = re.compile(r"[a-z][a-z0-9_]{0,62}\Z")
_E164_US = re.compile(r"\+1[2-9]\d{9}\Z")
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d\Z")
_PERIOD = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d\Z")


def parse_profile(text: str, source: str) -> Profile:
    """Read and check a profile; `source` is the file's name for messages.

    Raises `ProfileError` with every problem that was found.
    """
    try:
        raw = load_yaml(text)
    except yaml.YAMLError as error:
        raise ProfileError([f"{source}: not readable as YAML: {one_line(error)}"]) from error
    try:
        profile = msgspec.convert(_with_seconds(raw), Profile, strict=False)
    except msgspec.ValidationError as error:
        raise ProfileError([f"{source}: {_in_plain_words(error, raw)}"]) from error
    problems = [f"{source}: {problem}" for problem in problems_of(profile)]
    if problems:
        raise ProfileError(problems)
    return profile


def problems_of(profile: Profile) -> list[str]:
    """What is wrong with a profile, each as its place, a colon, and a way to mend it."""
    return [problem for check in _CHECKS for problem in check(profile)]


_PLAIN_WORDS: Final = {
    ", got `null`": ", and nothing is written there",
    ", got `str`": "",
    ", got `array`": ", not a list",
    ", got `object`": ", not lines with names of their own",
    "Expected `time` with no timezone component": "must be a clock time like 10:00",
    "Expected `time`": "must be a clock time like 10:00",
    "Expected `bool`": "must be true or false",
    "Expected `float`": "must be a number",
    "Expected `int`": "must be a whole number",
    "Expected `str`": "must be a text",
    "Expected `array`": "must be a list in [ ]",
    "Expected `object`": "must be lines with names of their own",
    "Invalid enum value": "can't be",
    "Invalid RFC3339 encoded time": "must be a clock time like 10:00",
    "Invalid RFC3339 encoded date": "must be a date like 2026-11-21",
    "Object missing required field": "is missing the line",
    "Object contains unknown field": "has a line that no profile knows:",
}


def _in_plain_words(error: msgspec.ValidationError, raw: object) -> str:
    """`reminders.day_before.at: must be a clock time like 10:00`, place first, without jargon."""
    what, _, place = str(error).partition(" - at `$")
    for jargon, plain in _PLAIN_WORDS.items():
        what = what.replace(jargon, plain)
    place = _with_key(place.rstrip("`").lstrip("."), raw)
    return f"{place or 'the profile'}: {what.replace('`', chr(39))}"


def _with_key(place: str, raw: object) -> str:
    """`procedures.kyphoplasty.name` for msgspec's `procedures[...].name`, which names no entry."""
    field, unnamed, rest = place.partition("[...]")
    if unnamed and isinstance(raw, dict):
        kind = next(each.type for each in msgspec.structs.fields(Profile) if each.name == field)
        for key, value in raw[field].items():
            try:
                msgspec.convert({key: value}, kind, strict=False)
            except msgspec.ValidationError:
                return f"{field}.{key}{rest}"
    return place


def _with_seconds(raw: object) -> object:
    """The same tree with every `10:00` written as `10:00:00`, the form that times are read from."""
    if isinstance(raw, dict):
        return {key: _with_seconds(value) for key, value in raw.items()}
    if isinstance(raw, list):
        return [_with_seconds(value) for value in raw]
    return f"{raw}:00" if isinstance(raw, str) and _CLOCK.match(raw) else raw


def profile_from_json(raw: bytes | str) -> Profile:
    """The profile that was stored with `profile_to_json`. Raises `msgspec.ValidationError`."""
    return msgspec.json.decode(raw, type=Profile)


def profile_to_json(profile: Profile) -> str:
    """The profile as JSON for storing; the inverse of `profile_from_json`."""
    return msgspec.json.encode(profile).decode()


@cache
def _time_zones() -> set[str]:
    """The zones there are; looking them up reads many files."""
    return available_timezones()


def _check_names(profile: Profile) -> list[str]:
    problems = []
    if not _ID.match(profile.id):
        problems.append(f"id: '{profile.id}' must be lower-case letters, digits and hyphens")
    if profile.time_zone not in _time_zones():
        problems.append(
            f"time_zone: '{profile.time_zone}' is unknown; write it like America/Chicago"
        )
    if profile.language not in LANGUAGES:
        problems.append(f"language: '{profile.language}' is not served; write en or es")
    if profile.texting_number is not None and not _E164_US.match(profile.texting_number):
        problems.append("texting_number: write it like '+18285550110', in quotes")
    return problems


def _check_procedures(profile: Profile) -> list[str]:
    problems = [] if profile.procedures else ["procedures: at least one is needed"]
    for code, procedure in profile.procedures.items():
        if not _PROCEDURE_ID.match(code):
            problems.append(f"procedures.{code}: a code is lower-case letters, digits and _")
        if not 0 <= procedure.fasting_hours <= 24:
            problems.append(f"procedures.{code}.fasting_hours: must lie between 0 and 24")
        if not 0 <= procedure.arrive_minutes_before <= 600:
            problems.append(f"procedures.{code}.arrive_minutes_before: must lie between 0 and 600")
    return problems


def _check_hours(profile: Profile) -> list[str]:
    problems = []
    for day, periods in profile.hours.items():
        if day not in WEEKDAYS:
            problems.append(f"hours.{day}: write the day as one of {', '.join(WEEKDAYS)}")
        for period in periods:
            if not _PERIOD.match(period) or period[:5] >= period[6:]:
                problems.append(f"hours.{day}: '{period}' must be written like 08:00-17:00")
    return problems


def _check_rules(profile: Profile) -> list[str]:
    problems = []
    window = profile.send_window
    if not window.opens <= window.evening_at < window.closes:
        problems.append("send_window: opens must be before closes, and evening_at between them")
    if not dt.time(8, 0) <= window.opens or not window.closes <= dt.time(21, 0):
        problems.append("send_window: must lie inside 08:00 to 21:00; patients sleep at night")
    for kind in (RuleKind.WEEK_BEFORE, RuleKind.DAY_BEFORE):
        rule: CalendarRule | None = getattr(profile.reminders, kind)
        if rule and not 1 <= rule.days_before <= 60:
            problems.append(f"reminders.{kind}.days_before: must lie between 1 and 60")
        if rule and rule.useful_until is not None and rule.useful_until <= rule.at:
            problems.append(f"reminders.{kind}.useful_until: must be later than at")
        if rule and not 1 <= rule.useful_for_hours <= 168:
            problems.append(f"reminders.{kind}.useful_for_hours: must lie between 1 and 168")
    fasting = profile.reminders.fasting_start
    if fasting and not 0 <= fasting.minutes_before <= 720:
        problems.append("reminders.fasting_start.minutes_before: must lie between 0 and 720")
    if not 1 <= profile.messages_per_day <= 10:
        problems.append("messages_per_day: must lie between 1 and 10")
    for name in ("messages_per_second", "calls_per_second"):
        if not 0.01 <= getattr(profile, name) <= 10_000:
            problems.append(f"{name}: must lie between 0.01 and 10000")
    return problems


def _check_approvals(profile: Profile) -> list[str]:
    return [
        f"approved_texts.{topic}: the text and who approved it must both be filled in"
        for topic, approved in profile.approved_texts.items()
        if not (approved.text.en and approved.text.es and approved.approved_by)
    ]


_CHECKS: Final[tuple[Callable[[Profile], list[str]], ...]] = (
    _check_names,
    _check_procedures,
    _check_hours,
    _check_rules,
    _check_approvals,
)

Profiles = Mapping[str, Profile]
