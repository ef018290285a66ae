"""How often free words land on the right answer, and what a message costs.

Topics and red flags: the examples cross-validated by families (learnt from four fifths of the
families, tried on the rest), beside messages held back from everything, which go through the whole
engine; so do opt-outs. Only totals leave this module: nobody is to read, and so tune on, a line
held back. The lines of older sets that were tuned on have become examples.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from time import thread_time
from typing import Final

from bench import flagging
from bench.measure import Figure, Limit, Scale, Target
from bench.places import clinic
from flows.engine import take_turn
from flows.learning import flag_examples
from flows.library import default_library
from flows.model import Event, Facts, Kind, Session, Understood
from flows.text import words
from flows.topics.deciding import find_topics
from flows.topics.examples import UNKNOWN, read_examples
from flows.triage import FlagClass, find_flag

LANE: Final = "understanding"
_DATA: Final = Path(__file__).parent.parent / "tests" / "data"
HELD_BACK: Final = {"ordinary week": _DATA / "held_back_4", "hard": _DATA / "held_back_3"}
"""Messages that nobody has read since they were written, by what kind of sample they are."""
_CALLED_OFF: Final = _DATA / "held_back_5"
FOLDS: Final = 5
_SKIPPED: Final = 128
_TRIED: Final = 10
"""A quick run learns one in `_SKIPPED` of the examples and tries one in `_TRIED` of the rest."""
_TIMED: Final = 5  # one in so many examples
RIGHT: Final = Target(Limit.AT_LEAST, 88)
RIGHT_OR_OFFERED: Final = Target(Limit.AT_LEAST, 95)
WRONG: Final = Target(Limit.AT_MOST, 3)
CAUGHT: Final = Target(Limit.AT_LEAST, 99)
FALSE_ALARMS: Final = Target(Limit.AT_MOST, 3)
LOOK_ALIKES: Final = Target(Limit.AT_MOST, 10)
OPT_OUTS: Final = Target(Limit.AT_LEAST, 95)
NO_OPT_OUTS: Final = Target(Limit.AT_MOST, 0)
MICROSECONDS: Final = Target(Limit.AT_MOST, 300)
_NOW: Final = dt.datetime(2026, 11, 20, 18, 0, tzinfo=dt.UTC)
_EMERGENCIES: Final = tuple(each for each in FlagClass if each.is_emergency)
_FLAGS: Final = (Kind.EMERGENCY, Kind.SAME_DAY)


def measure(scale: Scale) -> Iterator[Figure]:
    """The figures of this lane; a quick run learns once instead of once for each fold, from few of
    the examples, and tries few of those left out. Messages held back are tried in full."""
    is_quick = scale.rounds <= FOLDS
    folds = range(1 if is_quick else FOLDS)
    every, tried = (_SKIPPED, _TRIED) if is_quick else (1, 1)
    found = cross_validated(folds, every, tried)
    for language in ("en", "es"):
        yield from _shares(f"{language}, families left out", found[language], with_targets=False)
    yield from _left_out_flags(folds, every, tried)
    for sample, folder in HELD_BACK.items():
        yield from held_back(f"held back ({sample})", folder)
    yield from visits_called_off()
    yield from _costs(scale, every)


def held_back(name: str, folder: Path) -> Iterator[Figure]:
    """The figures of one set of messages, whose files are described in its README."""
    for asked, outcomes in _held_back_topics(folder).items():
        yield from _shares(f"{name}: {asked}", outcomes, with_targets=True)
    yield from _held_back_flags(name, folder)
    yield from _held_back_opt_outs(name, folder)


def cross_validated(
    folds: Sequence[int], every: int = 1, tried: int = 1
) -> dict[str, Counter[str]]:
    """How the topics of left-out families come out, by language; see `outcome`. Only each
    `every`-th of the other examples is learnt from, and each `tried`-th of these is asked."""
    topics = default_library().topics
    found: dict[str, Counter[str]] = {"en": Counter(), "es": Counter()}
    for fold in folds:
        left = flagging.left_out(fold, every)
        for each in left.asked[::tried]:
            wanted = frozenset(topics.get(label, label) for label in each.labels)
            finding = find_topics(each.text, topics, left.scorers.topics)
            answers = frozenset(topics.get(label, label) for label in finding.answers)
            offers = frozenset(topics.get(label, label) for label in finding.offers)
            found[each.language][outcome(wanted, answers, offers)] += 1
    return found


def outcome(wanted: frozenset[str], answers: frozenset[str], offers: frozenset[str]) -> str:
    """`right`, `offered` among choices, `wrong` where another topic was answered, or `missed`: a
    choice without it, or none; `unknown right` where none of ours was wanted."""
    if wanted == {UNKNOWN}:
        return "unknown wrong" if answers else "unknown offered" if offers else "unknown right"
    if answers:
        return "right" if wanted <= answers else "offered" if wanted & answers else "wrong"
    return "offered" if wanted & offers else "missed"


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


def _held_back_topics(folder: Path) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    for path in sorted(folder.glob("topics_*.tsv")):
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


def _left_out_flags(folds: Sequence[int], every: int, tried: int) -> Iterator[Figure]:
    found = flagging.cross_validated(folds, every, tried)
    for language in ("en", "es"):
        name = f"{language}, red flags left out"
        kinds = {kind: n for (spoken, kind), n in found.items() if spoken == language}
        grave = sum((kinds.get(kind, Counter()) for kind in _EMERGENCIES), Counter[str]())
        yield from _caught(f"{name}: emergencies", grave)
        for kind in (*_EMERGENCIES, FlagClass.SAME_DAY):
            yield from _caught(f"{name}: {kind}", kinds.get(kind, Counter()), None)
        yield from _flagged(f"{name}: ordinary", kinds.get("ordinary", Counter()), FALSE_ALARMS)
        yield from _flagged(f"{name}: look-alikes", kinds.get("look-alike", Counter()), None)


def _held_back_flags(name: str, folder: Path) -> Iterator[Figure]:
    for path in sorted(folder.glob("emergency_*.tsv")):
        classes: dict[str, Counter[str]] = {}
        for flag_class, text in _lines(path):
            outcome = _outcome(path, text)
            classes.setdefault(flag_class, Counter())[outcome] += 1
        grave = sum(
            (n for kind, n in classes.items() if kind != FlagClass.SAME_DAY), Counter[str]()
        )
        yield from _caught(f"{name}: {path.stem}", grave)
        for flag_class, outcomes in sorted(classes.items()):
            yield from _caught(f"{name}: {path.stem}, {flag_class}", outcomes, None)
    for kind, target in (("ordinary", FALSE_ALARMS), ("lookalike", LOOK_ALIKES)):
        for path in sorted(folder.glob(f"{kind}_*.tsv")):
            outcomes = Counter(_outcome(path, text) for *_, text in _lines(path))
            yield from _flagged(f"{name}: {path.stem}", outcomes, target)


def _outcome(path: Path, text: str) -> str:
    kind = _understood(path.stem[-2:], text).kind
    return {Kind.EMERGENCY: "emergency", Kind.SAME_DAY: "same_day"}.get(kind, "none")


def _caught(name: str, outcomes: Counter[str], target: Target | None = CAUGHT) -> Iterator[Figure]:
    whole = sum(outcomes.values())
    if whole:
        share = 100 * (whole - outcomes["none"]) / whole
        yield Figure(LANE, f"{name}: caught", "%", (share,), target)


def _flagged(name: str, outcomes: Counter[str], target: Target | None) -> Iterator[Figure]:
    whole = sum(outcomes.values())
    if whole:
        share = 100 * (whole - outcomes["none"]) / whole
        yield Figure(LANE, f"{name}: taken for a red flag", "%", (share,), target)


def _held_back_opt_outs(name: str, folder: Path) -> Iterator[Figure]:
    for path in sorted(folder.glob("optout_*.tsv")):
        rows = list(_lines(path))
        for wanted in (True, False):
            texts = [row[-1] for row in rows if bool({"optout", "yes"} & set(row[:-1])) is wanted]
            kinds = [_understood(path.stem[-2:], text).kind for text in texts]
            share = 100 * sum(kind is Kind.OPT_OUT for kind in kinds) / max(len(kinds), 1)
            kind, target = ("opt-outs", OPT_OUTS) if wanted else ("look-alikes", NO_OPT_OUTS)
            label = f"{name}: {path.stem}, {kind} taken for one"
            yield Figure(LANE, label, "%", (share,), target)


def visits_called_off() -> Iterator[Figure]:
    """Of messages that call the visit off with the words of an opt-out: what they are taken for."""
    for path in sorted(_CALLED_OFF.glob("visit_*.tsv")):
        kinds = [_understood(path.stem[-2:], text).kind for (text,) in _lines(path)]
        for what, these, target in (
            ("an opt-out", (Kind.OPT_OUT,), NO_OPT_OUTS),
            ("a red flag", _FLAGS, LOOK_ALIKES),
        ):
            share = 100 * sum(kind in these for kind in kinds) / len(kinds)
            label = f"held back (visit called off): {path.stem}, taken for {what}"
            yield Figure(LANE, label, "%", (share,), target)


def _lines(path: Path) -> Iterator[list[str]]:
    """The lines of a file whose message no example has, word for word."""
    known = _examples()
    for line in path.read_text(encoding="utf-8").splitlines():
        fields = line.split("\t")
        if tuple(words(fields[-1])) not in known:
            yield fields


@cache
def _examples() -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(words(each.text)) for each in (*read_examples(), *flag_examples()))


def _understood(language: str, text: str) -> Understood:
    session = Session(language, turn=1)
    return take_turn(default_library(), session, Event(text), Facts(clinic(), _NOW)).understood


def _costs(scale: Scale, every: int) -> Iterator[Figure]:
    """Microseconds of this process for red flags and topics of one message."""
    texts = [each.text for each in read_examples()][:: _TIMED * every]
    topics = default_library().topics
    rounds: list[float] = []
    for _ in range(scale.rounds):
        start = thread_time()
        for text in texts:
            find_flag(text)
            find_topics(text, topics)
        rounds.append((thread_time() - start) / len(texts) * 1e6)
    yield Figure(LANE, "red flags and topics of a message", "µs", tuple(rounds), MICROSECONDS)
