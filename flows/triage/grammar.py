"""Sentences made of the signs and frames in grammar/*.yaml, for the weights to learn from.

signs_*.yaml say for each sign how people tell it as there (`now`), what it is called (`thing`) and
how it stands after "what if" (`if`). frames_*.yaml hold the sentences around them: told as there,
or denied, long over, asked about, feared. Every sign meets every frame, so that the weights learn
from the frame whether a sign is there, and not from the sign alone.

Which of the many possible sentences are made is fixed by their place in the files: the same files
give the same sentences on every machine.
"""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from flows.topics.examples import Example

GRAMMAR: Final = Path(__file__).with_name("grammar")
NONE: Final = "none"
_SAYINGS: Final = 14
"""How many sentences are made of each way to tell a sign as there."""
_NAMED: Final = 6
"""How many sentences say of each name of a sign that it is there."""
_TALK: Final = 2
"""How many sentences each frame without the sign gives for each sign."""
_SLIPS: Final = 0.08
_SHORTEST_SLIP: Final = 5
_CHOICE: Final = re.compile(r"\(([^()]*)\)")
_SLOT: Final = re.compile(r"\{(\w+)\}")


class _Sign(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"if_": "if"}):
    now: str
    thing: str
    if_: str


class _Frames(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    slots: dict[str, str]
    now: list[str]
    thing_now: list[str]
    harmless_thing: list[str]
    harmless_if: list[str]
    talk: list[str]


def generated_examples(folder: Path = GRAMMAR) -> Iterator[Example]:
    """The sentences of every language, in a fixed order; a family is one way to tell a sign."""
    for source in sorted(folder.glob("frames_*.yaml")):
        language = source.stem.removeprefix("frames_")
        frames = msgspec.yaml.decode(source.read_bytes(), type=_Frames)
        for path in sorted(folder.glob(f"signs_{language}_*.yaml")):
            signs = msgspec.yaml.decode(path.read_bytes(), type=dict[str, _Sign])
            for name, sign in signs.items():
                yield from _of_sign(language, name, sign, frames)
        for number, pattern in enumerate(frames.talk):
            family = f"talk {number}"
            chance = _chance(language, family)
            for _ in range(_SAYINGS):
                text = _slip(_filled(pattern, frames.slots, chance), chance)
                yield Example(language, (NONE,), family, text)


def _of_sign(language: str, name: str, sign: _Sign, frames: _Frames) -> Iterator[Example]:
    label = name.partition(".")[0]
    forms = {"now": sign.now, "thing": sign.thing, "if": sign.if_}
    forms = {key: "(" + "|".join(lines.splitlines()) + ")" for key, lines in forms.items()}
    slots = frames.slots | forms
    for number, line in enumerate(sign.now.splitlines()):
        told = slots | {"now": f"({line})"}
        family = f"{name} {number}"
        chance = _chance(language, family)
        for at in range(_SAYINGS):
            text = _slip(_filled(frames.now[at % len(frames.now)], told, chance), chance)
            yield Example(language, (label,), family, text)
    for key, chosen, rounds, found in (
        ("thing", frames.thing_now, _NAMED / len(frames.thing_now), label),
        ("none", frames.harmless_thing, _TALK, NONE),
        ("if", frames.harmless_if, _TALK, NONE),
    ):
        family = f"{name} {key}"
        chance = _chance(language, family)
        lines = len(sign.thing.splitlines()) if key == "thing" else 1
        for at in range(round(rounds * lines * len(chosen))):
            text = _slip(_filled(chosen[at % len(chosen)], slots, chance), chance)
            yield Example(language, (found,), family, text)


def _chance(language: str, family: str) -> random.Random:
    return random.Random(zlib.crc32(f"{language} {family}".encode()))  # noqa: S311 - an order


def _filled(pattern: str, slots: dict[str, str], chance: random.Random) -> str:
    """`pattern` with one choice made in each bracket and its slots filled in."""
    while True:
        pattern = _SLOT.sub(lambda found: f"({slots[found[1]]})", pattern, count=1)
        if "{" not in pattern:
            break
    while "(" in pattern:
        pattern = _CHOICE.sub(lambda found: _one(found[1].split("|"), chance), pattern, count=1)
    return " ".join(pattern.split())


def _one(choices: list[str], chance: random.Random) -> str:
    return choices[int(chance.random() * len(choices))]


def _slip(text: str, chance: random.Random) -> str:
    """`text`, now and then with a letter of a longer word left out or swapped with the next."""
    words = text.split()
    long = [at for at, word in enumerate(words) if len(word) >= _SHORTEST_SLIP and word.isalpha()]
    if chance.random() >= _SLIPS or not long:
        return text
    at = long[int(chance.random() * len(long))]
    word = words[at]
    cut = 1 + int(chance.random() * (len(word) - 2))
    swapped = word[:cut] + word[cut + 1] + word[cut] + word[cut + 2 :]
    words[at] = swapped if chance.random() < 0.5 else word[:cut] + word[cut + 1 :]
    return " ".join(words)
