"""What a Say sounds like: its words without tags, and roughly how long they take."""

import re
from dataclasses import dataclass

from emulator.voice_ssml import seconds_of
from emulator.voice_verbs import Content, Pause, Play, Prompt, Say, Tag

WORDS_A_MINUTE = 150
"""An unhurried voice; Polly's neural voices read about this fast."""

_RATES = {"x-slow": 0.5, "slow": 0.8, "medium": 1.0, "fast": 1.2, "x-fast": 1.5}
_STRENGTHS = {"none": 0.0, "x-weak": 0.1, "weak": 0.2, "medium": 0.4, "strong": 0.7}
_STRENGTHS["x-strong"] = 1.0
_ONE_BY_ONE = frozenset({"telephone", "digits", "characters", "spell-out"})
_BETWEEN = {"p": 0.6, "s": 0.3}
"""Seconds of silence after a paragraph and a sentence."""
_SOUND = 5.0
"""Seconds that a sound file is taken to last."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """Words as heard, and their length in seconds."""

    text: str
    seconds: float


def speech(prompt: Prompt) -> Spoken:
    """What a caller hears of a Say, a Play (named in brackets) or a Pause (silence)."""
    match prompt:
        case Say(content=content, loop=loop):
            once = _spoken(content, rate=1.0, one_by_one=False)
            return _repeated(re.sub(r"\s+", " ", once.text).strip(), once.seconds, loop)
        case Play(url=url, digits=digits, loop=loop):
            text = f"[sound: {url}]" if url else f"[tones: {digits}]"
            return _repeated(text, _SOUND if url else 0.5 * len(digits), loop)
        case Pause(length=length):
            return Spoken("", float(length))


def _repeated(text: str, seconds: float, loop: int) -> Spoken:
    # A loop of 0 goes on until the call ends; Twilio stops it after a thousand rounds.
    rounds = loop or 1000
    return Spoken(" ".join([text] * min(rounds, 10)), seconds * rounds)


def _spoken(content: Content, *, rate: float, one_by_one: bool) -> Spoken:
    texts: list[str] = []
    seconds = 0.0
    for part in content:
        if isinstance(part, str):
            texts.append(part)
            seconds += _words(part, one_by_one=one_by_one) * 60 / WORDS_A_MINUTE / rate
        else:
            inner = _tag(part, rate, one_by_one=one_by_one)
            texts.append(inner.text)
            seconds += inner.seconds
    return Spoken("".join(texts), seconds)


def _words(text: str, *, one_by_one: bool) -> int:
    if one_by_one:
        return len(re.findall(r"\w", text))
    return len([word for word in text.split() if re.search(r"\w", word)])


def _tag(tag: Tag, rate: float, *, one_by_one: bool) -> Spoken:
    match tag.name:
        case "break":
            time = tag.attribute("time")
            return Spoken(" ", seconds_of(time) if time else _strength(tag))
        case "sub":
            alias: Content = (tag.attribute("alias"),)
            return _spoken(alias, rate=rate, one_by_one=one_by_one)
        case "say-as":
            letters = tag.attribute("interpret-as") in _ONE_BY_ONE
            return _spoken(tag.content, rate=rate, one_by_one=letters)
        case "prosody":
            return _spoken(tag.content, rate=rate * _rate(tag), one_by_one=one_by_one)
        case name:
            inner = _spoken(tag.content, rate=rate, one_by_one=one_by_one)
            between = _BETWEEN.get(name)
            if between is None:
                return inner
            return Spoken(f" {inner.text} ", inner.seconds + between)


def _strength(tag: Tag) -> float:
    return _STRENGTHS[tag.attribute("strength") or "medium"]


def _rate(tag: Tag) -> float:
    given = tag.attribute("rate")
    if given.endswith("%"):
        return int(given[:-1]) / 100
    return _RATES.get(given, 1.0)
