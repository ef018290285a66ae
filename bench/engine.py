"""The engine alone, from the stored session's bytes to the next ones and the text of the reply.

A turn is timed as the app takes it: JSON in, decoded, one turn, encoded, and the words put together
as the body of a text. No database, no web framework, one thread.
"""

from __future__ import annotations

import datetime as dt
import gc
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from time import perf_counter, perf_counter_ns, thread_time
from typing import Final

import msgspec

from bench.measure import Figure, Limit, Scale, Target, alternate, by_round, ratios
from bench.places import clinic
from bench.texts import FREE_WORDS, MENU_KEYS
from flows.engine import take_turn
from flows.library import default_library
from flows.model import Event, Facts, Kind, Session, Understood
from flows.says import sms_body

LANE: Final = "engine"
PER_SECOND: Final = Target(Limit.AT_LEAST, 10_000)
NO_DEARER: Final = Target(Limit.AT_MOST, 1.05)
_EARLY: Final = 8
_LATE: Final = 40
_REPEATS: Final = 5
_NOW: Final = dt.datetime(2026, 11, 20, 18, 0, tzinfo=dt.UTC)
_NAMES: Final = {"en": "English", "es": "Spanish"}
_FREE_SHARE: Final = 16

_library = default_library()
_facts = Facts(clinic(), _NOW)
_decoder = msgspec.json.Decoder(Session)
_encoder = msgspec.json.Encoder()


def measure(scale: Scale) -> Iterator[Figure]:
    """The figures of this lane."""
    yield from _turns_a_second(scale)
    yield from _late_beside_early(scale)


def step(stored: bytes, words: str) -> tuple[bytes, str, Understood]:
    """One turn, from bytes to bytes; the reply's text, and what was understood."""
    turn = take_turn(_library, _decoder.decode(stored), Event(words), _facts)
    return _encoder.encode(turn.session), sms_body(turn.says), turn.understood


def new_session(language: str) -> bytes:
    """A conversation before its first turn, as it would be stored."""
    return _encoder.encode(Session(language))


@dataclass(slots=True)
class _Talk:
    """Someone who writes the same inputs every time.

    `computed` holds, by pass, the turns in a second of this process's own computing, which tells
    what a turn costs also where other programs hold the cores.
    """

    language: str
    inputs: Sequence[str]
    computed: list[float] = field(default_factory=list)

    def run(self) -> float:
        """The turns in a second of one new conversation."""
        gc.collect()
        stored = new_session(self.language)
        began, began_computing = perf_counter(), thread_time()
        for words in self.inputs:
            stored, _, _ = step(stored, words)
        computing, taken = thread_time() - began_computing, perf_counter() - began
        self.computed.append(len(self.inputs) / computing)
        return len(self.inputs) / taken


def _turns_a_second(scale: Scale) -> Iterator[Figure]:
    free_turns = max(len(FREE_WORDS), scale.turns // _FREE_SHARE)
    for language in _NAMES:
        _check_understood(language)
    menus = {
        f"menu keys, {name}": _Talk(language, list(islice(cycle(MENU_KEYS), scale.turns)))
        for language, name in _NAMES.items()
    }
    talks = menus | {"free words": _Talk("en", list(islice(cycle(FREE_WORDS), free_turns)))}
    found = alternate({name: talk.run for name, talk in talks.items()}, scale)
    for name, talk in talks.items():
        yield Figure(LANE, name, "turns/s", found[name], PER_SECOND if name in menus else None)
        computed = tuple(map(statistics.fmean, by_round(talk.computed, scale.passes)[1:]))
        yield Figure(LANE, f"{name}, computing alone", "turns/s", computed)


def _check_understood(language: str) -> None:
    """Every key must lead somewhere: "sorry?" costs less than an answer."""
    stored = new_session(language)
    for key in MENU_KEYS:
        stored, reply, understood = step(stored, key)
        if understood.kind is Kind.UNKNOWN or not reply:
            raise RuntimeError(f"key {key} was not understood; the figures would mean nothing")


@dataclass(frozen=True, slots=True)
class _Moment:
    """A stored session and what its patient writes next."""

    stored: bytes
    words: str


def _late_beside_early(scale: Scale) -> Iterator[Figure]:
    """What turn 40 of a conversation costs beside its turn 8, with the same words to answer."""
    for name, script in (("menu keys", MENU_KEYS), ("free words", FREE_WORDS)):
        sessions = [
            (_after(_EARLY - 1, number, script), _after(_LATE - 1, number, script))
            for number in range(scale.sessions)
        ]
        early = _median_timer([session[0] for session in sessions])
        late = _median_timer([session[1] for session in sessions])
        found = alternate({"early": early, "late": late}, scale)
        over = ratios(found["late"], found["early"])
        yield Figure(LANE, f"turn {_LATE} / turn {_EARLY}, {name}", "ratio", over, NO_DEARER)


def _after(turns: int, number: int, script: Sequence[str]) -> _Moment:
    """A conversation after so many turns; each number starts elsewhere and has its language."""
    stored = new_session(tuple(_NAMES)[number // len(script) % len(_NAMES)])
    inputs = islice(cycle(script), number % len(script), None)
    for words in islice(inputs, turns):
        stored, _, _ = step(stored, words)
    return _Moment(stored, next(inputs))


def _median_timer(moments: Sequence[_Moment]) -> Callable[[], float]:
    """Times the next turn of each session, at its best of a few times; the middle of them."""

    def run() -> float:
        gc.collect()
        return statistics.median(
            min(_nanoseconds(each) for _ in range(_REPEATS)) for each in moments
        )

    return run


def _nanoseconds(moment: _Moment) -> int:
    start = perf_counter_ns()
    step(moment.stored, moment.words)
    return perf_counter_ns() - start
