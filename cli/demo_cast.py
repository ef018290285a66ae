"""The people of the demo's morning, read from `demo_morning.yaml`, with names and numbers.

All of it is made up. Names and numbers change with the day, so that the morning of another day is
one of other people.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from appointment_csv import AppointmentRow, Channel, RowStatus
from cli.demo_calls import NOBODY
from cli.demo_past import Phone
from profiles import Language, Profile
from yaml_text import load_yaml

_FILE: Final = Path(__file__).with_name("demo_morning.yaml")
_AREAS: Final = ("704", "336", "919", "252", "910", "980", "984", "743")
_LAST_NAMES: Final = (
    *("Sample", "Testworthy", "Placeholder", "Exampleton", "Mockingham", "Demoville"),
    *("Pretendre", "Ficticio", "Muestra", "Ejemplar", "Invento", "Makebelieve", "Specimen"),
)
_STEP: Final = re.compile(
    r"(?:(?P<kind>[a-z_]+)\+(?P<after>\d+)|now-(?P<ago>\d+)|(?P<day>-?\d)@(?P<clock>\d\d:\d\d))"
    r" (?P<what>[a-z]+) ?(?P<rest>.*)"
)


class _Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    first: str
    visit: str
    born: dt.date
    clinic: str = "ara-health"
    language: Language = "en"
    channel: Channel = Channel.AUTO
    consent: str = "sms"
    texts: int = 0
    calls: str = NOBODY
    shares: str = ""
    booked: str = ""
    came: str = "arrived"
    story: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """Something that somebody did: `what` with `rest`, `after` minutes after a reminder of `kind`
    arrived, or at a moment (UTC)."""

    what: str
    rest: str
    kind: str = ""
    after: int = 0
    at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """One of the cast: the visit as it was first booked and when (UTC), the phone, what they did,
    and what became of the visit."""

    row: AppointmentRow
    booked_at: dt.datetime
    phone: Phone
    steps: tuple[Step, ...]
    came: str


def cast_of(profiles: dict[str, Profile], now: dt.datetime) -> list[Member]:
    """Everybody, for the morning that `now` (UTC) is a part of."""
    people = msgspec.convert(
        load_yaml(_FILE.read_text(encoding="utf-8")), list[_Person], strict=False
    )
    today = now.astimezone(profiles["ara-health"].zone).date()
    phones: dict[str, str] = {}
    members = []
    for number, person in enumerate(people):
        phone = phones[person.shares] if person.shares else _phone(number, today)
        phones[person.first] = phone
        profile = profiles[person.clinic]
        members.append(_member(person, number, phone, profile, now))
    return members


def start_at(profile: Profile, now: dt.datetime, words: str) -> dt.datetime:
    """The moment (UTC) that `1 09:30` means: days from the clinic's today, and its clock."""
    days, clock = words.split()
    day = now.astimezone(profile.zone).date() + dt.timedelta(days=int(days))
    return _moment(day, clock, profile.zone)


def moved(row: AppointmentRow, starts_at: dt.datetime) -> AppointmentRow:
    """The visit at another time."""
    return replace(row, starts_at=starts_at)


def cancelled(row: AppointmentRow) -> AppointmentRow:
    """The visit, called off."""
    return replace(row, status=RowStatus.CANCELLED)


def _member(person: _Person, number: int, phone: str, profile: Profile, now: dt.datetime) -> Member:
    today = now.astimezone(profile.zone).date()
    starts_at = start_at(profile, now, person.visit)
    row = AppointmentRow(
        row=1,
        external_id=f"MORNING-{today:%Y%m%d}-{number + 1:02d}",
        clinic=profile.id,
        first_name=person.first,
        last_name=_LAST_NAMES[(number + today.toordinal()) % len(_LAST_NAMES)],
        date_of_birth=person.born,
        phone=phone,
        language=person.language,
        procedure="kyphoplasty" if number % 3 else "vertebroplasty",
        starts_at=starts_at,
        channel=person.channel,
        status=RowStatus.SCHEDULED,
        sms_consent="sms" in person.consent.split(),
        voice_consent="voice" in person.consent.split(),
    )
    day = starts_at.astimezone(profile.zone).date() - dt.timedelta(days=9)
    usual = _moment(day, f"14:{number % 60:02d}", profile.zone)
    ago = person.booked.removeprefix("now-")
    booked_at = now - dt.timedelta(minutes=int(ago)) if ago else usual
    steps = tuple(_step(words, profile, now) for words in person.story)
    return Member(row, booked_at, Phone(person.texts, person.calls), steps, person.came)


def _step(words: str, profile: Profile, now: dt.datetime) -> Step:
    match = _STEP.fullmatch(words)
    if match is None:
        raise ValueError(f"{_FILE.name}: this step is not written as the file's head says: {words}")
    step = Step(match["what"], match["rest"])
    if match["kind"]:
        return replace(step, kind=match["kind"], after=int(match["after"]))
    if match["ago"]:
        return replace(step, at=now - dt.timedelta(minutes=int(match["ago"])))
    return replace(step, at=start_at(profile, now, f"{match['day']} {match['clock']}"))


def _phone(number: int, today: dt.date) -> str:
    """A number of the kind that is set aside for stories."""
    return f"+1{_AREAS[today.toordinal() % len(_AREAS)]}55501{number + 1:02d}"


def _moment(day: dt.date, clock: str, zone: ZoneInfo) -> dt.datetime:
    return dt.datetime.combine(day, dt.time.fromisoformat(clock), zone).astimezone(dt.UTC)
