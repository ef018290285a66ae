"""How often free words land on the right answer, and what a message costs.

Topics: the examples cross-validated by families (learnt from four fifths of the families, tried on
the rest), beside messages held back from everything, which go through the whole engine. Red flags
and opt-outs: the held-back messages. Only totals leave this module: nobody is to read, and so tune
on, a held-back line.
"""

from __future__ import annotations

import datetime as dt
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import thread_time
from typing import Final

from bench.measure import Figure, Limit, Scale, Target
from bench.places import clinic
from flows.engine import take_turn
from flows.library import default_library
from flows.model import Event, Facts, Kind, Session, Understood
from flows.topics.deciding import find_topics
from flows.topics.examples import UNKNOWN, Example, read_examples
from flows.topics.training import train
from flows.triage import find_flag

LANE: Final = "understanding"
HELD_BACK: Final = Path(__file__).parent.parent / "tests" / "data" / "held_back"
FOLDS: Final = 5
RIGHT: Final = Target(Limit.AT_LEAST, 88)
RIGHT_OR_OFFERED: Final = Target(Limit.AT_LEAST, 95)
WRONG: Final = Target(Limit.AT_MOST, 3)
MICROSECONDS: Final = Target(Limit.AT_MOST, 300)
_NOW: Final = dt.datetime(2026, 11, 20, 18, 0, tzinfo=dt.UTC)
_FLAGS: Final = (Kind.EMERGENCY, Kind.SAME_DAY)


def measure(scale: Scale) -> Iterator[Figure]:
    """The figures of this lane; a quick run learns once instead of once for each fold."""
    folds = range(1 if scale.rounds <= FOLDS else FOLDS)
    found = cross_validated(folds)
    for language in ("en", "es"):
        yield from _shares(f"{language}, families left out", found[language], with_targets=False)
    for name, outcomes in _held_back_topics().items():
        yield from _shares(f"{name}, held back", outcomes, with_targets=True)
    yield from _held_back_flags()
    yield from _costs(scale)


def cross_validated(folds: Sequence[int]) -> dict[str, Counter[str]]:
    """How the topics of left-out families come out, by language; see `outcome`."""
    topics = default_library().topics
    examples = read_examples()
    found: dict[str, Counter[str]] = {"en": Counter(), "es": Counter()}
    for fold in folds:
        scorer = train(each for each in examples if _fold(each) != fold)
        for each in examples:
            if _fold(each) == fold:
                wanted = frozenset(topics.get(label, label) for label in each.labels)
                finding = find_topics(each.text, topics, scorer)
                answers = frozenset(topics.get(label, label) for label in finding.answers)
                offers = frozenset(topics.get(label, label) for label in finding.offers)
                found[each.language][outcome(wanted, answers, offers)] += 1
    return found


def outcome(wanted: frozenset[str], answers: frozenset[str], offers: frozenset[str]) -> str:
    """`right`, `offered`, `missed` or `wrong`; `unknown right` where none of ours was wanted."""
    if wanted == {UNKNOWN}:
        return "unknown wrong" if answers else "unknown offered" if offers else "unknown right"
    if answers:
        return "right" if wanted <= answers else "offered" if wanted & answers else "wrong"
    return "offered" if wanted & offers else "wrong" if offers else "missed"


def _fold(example: Example) -> int:
    return zlib.crc32(example.family.encode()) % FOLDS


def _shares(name: str, outcomes: Counter[str], *, with_targets: bool) -> Iterator[Figure]:
    asked = sum(number for kind, number in outcomes.items() if not kind.startswith(UNKNOWN))
    other = sum(outcomes.values()) - asked
    right, offered = outcomes["right"], outcomes["offered"]
    for what, number, target in (
        ("right at once", right, RIGHT),
        ("right or offered", right + offered, RIGHT_OR_OFFERED),
        ("wrong", outcomes["wrong"], WRONG),
    ):
        share = 100 * number / asked
        yield Figure(LANE, f"{name}: {what}", "%", (share,), target if with_targets else None)
    if other:
        share = 100 * outcomes["unknown right"] / other
        yield Figure(LANE, f"{name}: not ours, and said so", "%", (share,))


def _held_back_topics() -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    for path in sorted(HELD_BACK.glob("topics_*.tsv")):
        for channel, label, text in _lines(path):
            language = path.stem.split("_")[1]
            understood = _understood(language, text)
            labels = frozenset(understood.labels)
            answered = labels if understood.kind is not Kind.CHOICES else frozenset()
            if understood.kind in _FLAGS:
                answered = frozenset({"a red flag"})
            result = outcome(frozenset(label.split("+")), answered, labels - answered)
            found.setdefault(f"{language} {channel}", Counter())[result] += 1
    return found


def _held_back_flags() -> Iterator[Figure]:
    for path in sorted(HELD_BACK.glob("*emergency_*.tsv")):
        kinds = [_understood(path.stem[-2:], text).kind for *_, text in _lines(path)]
        share = 100 * sum(kind in _FLAGS for kind in kinds) / len(kinds)
        yield Figure(LANE, f"{path.stem}, held back: taken for a red flag", "%", (share,))
    for path in sorted(HELD_BACK.glob("optout_*.tsv")):
        rows = list(_lines(path))
        for wanted in (True, False):
            texts = [row[-1] for row in rows if ("optout" in row[:-1]) is wanted]
            kinds = [_understood(path.stem[-2:], text).kind for text in texts]
            share = 100 * sum(kind is Kind.OPT_OUT for kind in kinds) / max(len(kinds), 1)
            name = "opt-outs" if wanted else "look-alikes"
            yield Figure(LANE, f"{path.stem}, held back: {name} taken for one", "%", (share,))


def _lines(path: Path) -> Iterator[list[str]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        yield line.split("\t")


def _understood(language: str, text: str) -> Understood:
    session = Session(language, turn=1)
    return take_turn(default_library(), session, Event(text), Facts(clinic(), _NOW)).understood


def _costs(scale: Scale) -> Iterator[Figure]:
    """Microseconds of this process for red flags and topics of one message."""
    texts = [each.text for each in read_examples()][::5]
    topics = default_library().topics
    rounds: list[float] = []
    for _ in range(scale.rounds):
        start = thread_time()
        for text in texts:
            find_flag(text)
            find_topics(text, topics)
        rounds.append((thread_time() - start) / len(texts) * 1e6)
    yield Figure(LANE, "red flags and topics of a message", "µs", tuple(rounds), MICROSECONDS)
