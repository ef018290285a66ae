"""What a step of a scenario led to, compared with what the scenario says."""

from __future__ import annotations

import datetime as dt
import unicodedata
from dataclasses import dataclass

import msgspec

from profiles import ApprovedText, Profile, Wording
from tests.support.csv_files import sample_profiles
from tests.support.scenarios import Line, Scenario, Text


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step led to, as a driver saw it. `keys` are those of the options that are offered."""

    answer: str
    keys: str
    kind: str
    labels: str
    effects: list[str]


def judge(text: Text, outcome: Outcome, *, accents: bool = True, by_call: bool = False) -> None:
    """Compare what a step led to with what the scenario says, of a text or of a call.

    With `accents` false, á, í, ó and ú may have lost theirs, as they may in a text.
    """
    other = "sms" if by_call else "voice"
    expected = [line for line in text.expected if not line.word.startswith(other)]
    place = text.line.place
    silent = any(line.word == "silence" for line in expected)
    assert silent != bool(outcome.answer), f"{place}: the answer is '{outcome.answer}'"
    for line in expected:
        problem = _problem(line, outcome, accents=accents)
        assert problem is None, f"{line.place}: {problem}"
    done = sorted(line.rest for line in expected if line.word == "=")
    assert sorted(outcome.effects) == done, f"{place}: what is done is {outcome.effects}"


def _problem(line: Line, outcome: Outcome, *, accents: bool) -> str | None:
    said = f"the answer is: {outcome.answer}"
    match line.word.removeprefix("sms").removeprefix("voice"):
        case "<":
            wanted, got = (_as_sent(part, accents) for part in (line.rest, outcome.answer))
            return None if wanted in got else f"'{line.rest}' is missing; {said}"
        case "!":
            is_there = folded(line.rest) in folded(outcome.answer)
            return f"'{line.rest}' must not be there; {said}" if is_there else None
        case "keys":
            same = outcome.keys == line.rest
            return None if same else f"the keys are '{outcome.keys}'; {said}"
        case "?":
            got = f"{outcome.kind} {outcome.labels}".strip()
            fits = line.rest in (got, outcome.kind)
            return None if fits else f"it was understood as '{got}'; {said}"
    return None


def _as_sent(words: str, accents: bool) -> str:
    plain = " ".join(words.split())
    return plain if accents else plain.translate(str.maketrans("áíóúÁÍÓÚ", "aiouAIOU"))


def folded(words: str) -> str:
    """Words as `!` compares them: small letters, no accents, single blanks."""
    letters = unicodedata.normalize("NFKD", words.casefold())
    return " ".join("".join(c for c in letters if not unicodedata.combining(c)).split())


def profile_for(scenario: Scenario) -> Profile:
    """The clinic's sample profile with the scenario's approved texts added."""
    profile = sample_profiles()[scenario.clinic]
    added = {
        topic: ApprovedText(Wording(en, es), approved_by="SAMPLE", approved_at=dt.date(2026, 11, 2))
        for topic, (en, es) in scenario.approved.items()
    }
    return msgspec.structs.replace(profile, approved_texts=profile.approved_texts | added)
