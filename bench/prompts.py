"""How long a caller listens: seconds of speech until each fact begins, and before a choice.

Words at 150 a minute, slowed down as the documents ask for, plus their pauses. A caller presses
each key as soon as its option was said.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from bench.measure import Figure, Limit, Scale, Target
from bench.places import clinic
from conversation.calls import Spoken
from emulator.voice_speech import speech
from emulator.voice_twiml import parse
from emulator.voice_verbs import Gather, Say, Tag
from flows.call_state import CallState, CallTurn, Said
from flows.calls import greeting_turn, take_call_turn
from flows.library import START, default_library
from flows.model import Facts, Session
from flows.nodes import Act, Answer, Menu, NodeRef, Switch
from profiles import LANGUAGES, Profile
from voice.render import document

LANE: Final = "prompts"
MOST_SECONDS: Final = Target(Limit.AT_MOST, 45.0)
_NOW: Final = dt.datetime(2026, 11, 20, 15, 0, tzinfo=dt.UTC)


def measure(scale: Scale) -> Iterator[Figure]:
    """Seconds of speech, by language; the same in every round, for nothing here is timed."""
    for language in LANGUAGES:
        for figure in _of_language(clinic(), language):
            yield replace(figure, rounds=figure.rounds * scale.rounds)


def _of_language(profile: Profile, language: str) -> Iterator[Figure]:
    seconds: dict[str, float] = {}
    heard_out: list[float] = []
    first_choice: list[float] = []
    for keys, ref in _routes(START, "", profile):
        facts = _sources(ref, profile)
        if not facts:
            continue
        total = 0.0
        turn = greeting_turn(
            default_library(), CallState(Session(language), phone="x"), _facts(profile)
        )
        for key in keys:
            parts = _parts(turn, profile)
            heard_out.append(sum(length for _, length in parts))
            first_choice.append(_until(parts, None))
            total += _until(parts, key)
            turn = take_call_turn(default_library(), turn.state, Said(key), _facts(profile))
        for fact in facts:
            seconds[fact] = min(total, seconds.get(fact, total))
    yield _figure(
        f"{language}: until the first choice is offered, longest", max(first_choice), MOST_SECONDS
    )
    yield _figure(f"{language}: the greeting with all its choices", heard_out[0], MOST_SECONDS)
    yield _figure(f"{language}: the longest menu", max(heard_out))
    for fact in sorted(seconds):
        yield _figure(f"{language}: until {fact}", seconds[fact])


def _figure(name: str, value: float, target: Target | None = None) -> Figure:
    return Figure(LANE, name, "s", (value,), target)


def _facts(profile: Profile) -> Facts:
    return Facts(profile, _NOW)


def _routes(menu: NodeRef, keys: str, profile: Profile) -> Iterator[tuple[str, NodeRef]]:
    node = default_library().nodes[menu]
    for option in node.options if isinstance(node, Menu) else ():
        if isinstance(default_library().nodes[option.next], Menu):
            yield from _routes(option.next, keys + option.key, profile)
        else:
            yield keys + option.key, option.next


def _sources(ref: NodeRef, profile: Profile) -> list[str]:
    node = default_library().nodes[ref]
    while isinstance(node, Switch):
        node = default_library().nodes[node.to[getattr(profile.practice, node.on)]]
    return node.source if isinstance(node, Answer | Act) else []


def _parts(turn: CallTurn, profile: Profile) -> list[tuple[str, float]]:
    """What is said in a menu, sentence by sentence and pause by pause, with its seconds."""
    spoken = Spoken(turn, 2, default_library(), profile, profile.texting_number or "")
    (gather,) = parse(document(spoken))
    prompts = gather.prompts if isinstance(gather, Gather) else ()
    found: list[tuple[str, float]] = []
    for prompt in prompts:
        tags = [tag for tag in getattr(prompt, "content", ()) if isinstance(tag, Tag)]
        for around in tags:
            for part in around.content:
                one = speech(Say((replace(around, content=(part,)),)))
                found.append((one.text, one.seconds))
    return found


def _until(parts: list[tuple[str, float]], key: str | None) -> float:
    """Seconds until the option of a key has been said, or until the first one begins."""
    total = 0.0
    for text, length in parts:
        offers = "press " in text or "oprima " in text
        is_option = offers and (key is None or text.endswith(f" {key}."))
        if is_option:
            return total + (length if key else 0.0)
        total += length
    raise RuntimeError(f"no option {key or ''} is offered; the figures would mean nothing")
