"""Conversations as files: one line a turn, whatever they are held by (engine, texts, calls).

A scenario begins with what is given, each line at most once and all of them optional:

    clinic iowa-radiology       the clinic whose number is used (default: ara-health)
    language es                 the language that the clinic has on file for this phone
    phone +18285550142          the patient's phone
    now 2026-11-20T10:00        when it begins, by the clinic's clock (default: as here, a Friday)
    approved prep.drinks | Water is fine. | Puede tomar agua.
                                an approved text of the clinic, besides those of its sample profile
    only sms                    makes no sense in a call

Then come its steps:

    > text                      the patient says this, or presses these keys
    picture 2 text              the patient sends so many pictures and these words, if any
    long 1600 text              the patient sends this text, repeated to so many characters
    carrier STOP text           the carrier has answered this text already, as such a word
    visit Mary 2026-11-25T09:30 born 1948-05-17
                                Mary has a visit at that time, booked with this phone
    asked Mary 2026-11-25T09:30 a message of ours has asked Mary about her visit at that time
    moved Mary 2026-11-25T09:30 2026-11-26T09:30
                                the clinic moves the visit; the patient does not know it yet
    cancelled Mary 2026-11-25T09:30
                                the clinic calls the visit off; the patient does not know it yet
    staff words                 a member of staff texts these words and hands the conversation back
    @ +25h                      so much time goes by (m, h or d); each step takes 20 seconds anyway

After a step in which the patient says something, in any order:

    < words                     the answer contains these, capitals and accents as written
    ! words                     the answer does not contain these, in whatever capitals or accents
    sms< words, sms! words, sms? kind
                                the same, but only of an answer by text
    voice< words, voice? kind   the same, but only of an answer in a call
    keys 1 2 3                  the options that the answer offers are on exactly these keys
    silence                     there is no answer; without this line there must be one
    ? kind label ...            what was understood; without labels any of this kind will do
    = effect                    what is done; each thing must be named (see `EFFECT`)

Blanks and line ends count as one blank. `#` at the beginning of a line makes it a comment. A line
that is none of these is an error, and every mistake is reported with file and line.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from flows.model import CarrierWord, Kind, TaskKind
from flows.nodes import Urgency
from profiles import LANGUAGES

FOLDER: Final = Path(__file__).resolve().parents[1] / "scenarios"
BORN: Final = dt.date(1944, 5, 17)
"""The date of birth of a patient for whom a scenario gives none."""
STEP_TAKES: Final = dt.timedelta(seconds=20)
_VISIT: Final = r"\S+ \d{4}-\d\d-\d\dT\d\d:\d\d"
EFFECT: Final = re.compile(
    rf"task (?:{'|'.join(TaskKind)}) (?:{'|'.join(Urgency)})(?: [a-z_.]+)??(?: for {_VISIT})?"
    rf"|(?:confirm|cannot_come) {_VISIT}"
    rf"|opt_(?:out|in) (?:keyword|own_words|carrier)"
    rf"|language (?:{'|'.join(LANGUAGES)})"
    r"|hold \d+"
    r"|verified \S+(?: \S+)*|identity_miss|identity_locked"
    rf"|prep {_VISIT} [a-z_]+ [a-z_]+"
)
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}


class ScenarioError(Exception):
    """A line of a scenario that can't be read; the message holds its file and number."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line: the file and number to report, its first word, and the rest."""

    place: str
    word: str
    rest: str


@dataclass(frozen=True, slots=True)
class Visit:
    """An appointment as a scenario names it: whose, and when by the clinic's clock."""

    name: str
    starts: str

    def __str__(self) -> str:
        return f"{self.name} {self.starts}"


@dataclass(frozen=True, slots=True)
class Text:
    """The patient says something; `expected` are the lines that tell what must follow."""

    line: Line
    body: str
    media: int = 0
    carrier: CarrierWord | None = None
    expected: list[Line] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class HasVisit:
    """A patient of this phone has a visit; nobody has written to them about it."""

    visit: Visit
    born: dt.date


@dataclass(frozen=True, slots=True)
class Asked:
    """A message of ours has asked about a visit."""

    visit: Visit


@dataclass(frozen=True, slots=True)
class Moved:
    """The clinic moves a visit to another time, or calls it off."""

    visit: Visit
    to: Visit | None


@dataclass(frozen=True, slots=True)
class StaffWrites:
    """A member of staff texts the patient, and leaves the answer to us."""

    body: str


@dataclass(frozen=True, slots=True)
class Passes:
    """Time goes by."""

    time: dt.timedelta


Step: TypeAlias = Text | HasVisit | Asked | Moved | StaffWrites | Passes


@dataclass(slots=True)
class Scenario:
    """What one file says."""

    name: str
    clinic: str = "ara-health"
    language: str | None = None
    phone: str = "+18285550142"
    now: str = "2026-11-20T10:00"
    approved: dict[str, tuple[str, str]] = field(default_factory=dict)
    by_phone_too: bool = True
    steps: list[Step] = field(default_factory=list)

    @property
    def texts(self) -> list[Text]:
        """The steps in which the patient says something."""
        return [step for step in self.steps if isinstance(step, Text)]


def all_scenarios() -> list[Path]:
    """Every scenario file."""
    return sorted(FOLDER.rglob("*.txt"))


def name_of(path: Path) -> str:
    """What a scenario is called in reports: `facts/F01.en`."""
    return path.relative_to(FOLDER).with_suffix("").as_posix()


def load(path: Path) -> Scenario:
    """Read a file. Raises `ScenarioError` for the first line that is not right."""
    return parse(path.read_text(encoding="utf-8"), path.relative_to(FOLDER.parents[1]).as_posix())


def parse(content: str, name: str) -> Scenario:
    """Read a scenario; `name` is its file's name for reports. Raises `ScenarioError`."""
    scenario = Scenario(name)
    given: set[str] = set()
    for line in _lines(content, name):
        if line.word in _GIVEN:
            if scenario.steps or line.word in given:
                raise _wrong(line, "comes once at most, before the first step")
            given |= {line.word} - {"approved"}
            _give(scenario, line)
        elif line.word in _EXPECTED:
            _expect(scenario, line)
        else:
            scenario.steps.append(_step(line))
    if not any(text.expected for text in scenario.texts):
        raise ScenarioError(f"{name}: nothing is expected, so nothing would be tested")
    return scenario


def _lines(content: str, name: str) -> Iterator[Line]:
    for number, line in enumerate(content.splitlines(), start=1):
        if line.strip() and not line.startswith("#"):
            word, _, rest = line.partition(" ")
            yield Line(f"{name}:{number}", word, rest.strip())


def _wrong(line: Line, why: str) -> ScenarioError:
    return ScenarioError(f"{line.place}: '{line.word} {line.rest}' {why}")


_GIVEN: Final = {
    "clinic": r"[a-z-]+",
    "language": "|".join(LANGUAGES),
    "phone": r"\+1\d{10}",
    "now": r"\d{4}-\d\d-\d\dT\d\d:\d\d",
    "approved": r"[a-z_.]+ \| .+ \| .+",
    "only": "sms",
}
_EXPECTED: Final = {
    "<": ".+",
    "!": ".+",
    "sms<": ".+",
    "sms!": ".+",
    "keys": r"[1-8](?: [1-8])*",
    "silence": "",
    "voice<": ".+",
    **{f"{by}?": rf"(?:{'|'.join(Kind)})(?: [a-z_.]+)*" for by in ("", "sms", "voice")},
    "=": EFFECT.pattern,
}
_STEPS: Final = {
    ">": ".*",
    "picture": r"(?P<media>\d+)(?: (?P<body>.+))?",
    "long": r"(?P<length>\d+) (?P<body>.+)",
    "carrier": rf"(?P<word>{'|'.join(CarrierWord)}) (?P<body>.+)",
    "visit": rf"{_VISIT} born \d{{4}}-\d\d-\d\d",
    "asked": _VISIT,
    "moved": rf"{_VISIT} \d{{4}}-\d\d-\d\dT\d\d:\d\d",
    "cancelled": _VISIT,
    "staff": ".+",
    "@": r"\+(?P<number>\d+)(?P<unit>[mhd])",
}


def _give(scenario: Scenario, line: Line) -> None:
    _match(line, _GIVEN)
    match line.word:
        case "approved":
            topic, english, spanish = line.rest.split(" | ")
            scenario.approved[topic] = (english, spanish)
        case "only":
            scenario.by_phone_too = False
        case _:
            setattr(scenario, line.word, line.rest)


def _expect(scenario: Scenario, line: Line) -> None:
    _match(line, _EXPECTED)
    last = scenario.steps[-1] if scenario.steps else None
    if not isinstance(last, Text):
        raise _wrong(line, "must follow something that the patient says")
    last.expected.append(line)


def _step(line: Line) -> Step:
    found = _match(line, _STEPS)
    parts = line.rest.split()
    step: Step
    match line.word:
        case "picture":
            step = Text(line, found["body"] or "", media=int(found["media"]))
        case "long":
            length, body = int(found["length"]), found["body"]
            step = Text(line, (f"{body} " * (length // len(body) + 1))[:length])
        case "carrier":
            step = Text(line, found["body"], carrier=CarrierWord(found["word"]))
        case "visit":
            step = HasVisit(Visit(*parts[:2]), dt.date.fromisoformat(parts[3]))
        case "asked":
            step = Asked(Visit(*parts))
        case "cancelled":
            step = Moved(Visit(*parts), None)
        case "moved":
            step = Moved(Visit(*parts[:2]), Visit(parts[0], parts[2]))
        case "staff":
            step = StaffWrites(line.rest)
        case "@":
            step = Passes(dt.timedelta(**{_UNITS[found["unit"]]: int(found["number"])}))
        case _:
            step = Text(line, line.rest)
    return step


def _match(line: Line, known: dict[str, str]) -> re.Match[str]:
    if line.word not in known:
        raise _wrong(line, "is not a line that a scenario can have")
    found = re.fullmatch(known[line.word], line.rest)
    if found is None:
        raise _wrong(line, f"is not in order; '{line.word}' wants {known[line.word]}")
    return found
