"""A turn of a call as spoken TwiML."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from conversation.calls import Spoken
from flows.call_state import Waits, us_number
from flows.calls import desk_number
from flows.clinic_words import filled
from flows.library import Library
from flows.model import Channel, Choice, Say
from profiles import LANGUAGES, Language, Profile
from voice.speech import option_ssml, say, ssml, voice_of

TURN: Final = "/voice/turn"
RECORDING: Final = "/voice/recording"
LONGEST_MESSAGE: Final = 120
"""Seconds of a voice message."""
_SECONDS_TO_ANSWER: Final = 7
_SECONDS_BETWEEN_KEYS: Final = 6
_SECONDS_TO_RING: Final = 25
_SECONDS_OF_SILENCE: Final = 5
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?><Response>'
_TAIL: Final = "</Response>"


def document(spoken: Spoken) -> str:
    """The document for a turn: what is said, and what the call waits for then. It never ends by
    falling through: it asks, dials or records with an address to go on at, or hangs up."""
    state = spoken.turn.state
    words = "".join(_says(spoken))
    match state.waits:
        case Waits.WORDS | Waits.NUMBER:
            return f"{_HEAD}{_gather(spoken, words)}{_TAIL}"
        case Waits.PERSON:
            return f"{_HEAD}{words}{_dial(spoken)}{_TAIL}"
        case Waits.MESSAGE:
            return f"{_HEAD}{words}{_record(spoken)}{_TAIL}"
        case Waits.NOTHING:
            return f"{_HEAD}{words}<Hangup/>{_TAIL}"


def last_words(*words: tuple[Language, str]) -> str:
    """A document that says a few sentences and hangs up, where there is no call to go on with."""
    said = "".join(say(ssml(text), language) for language, text in words)
    return f"{_HEAD}{said}<Hangup/>{_TAIL}"


def line_down(library: Library, profile: Profile) -> str:
    """What is said in place of a turn that went wrong; a host of its own can say it as well."""
    texts = library.messages["line_down"]
    languages = sorted(LANGUAGES, key=lambda each: each != profile.language)
    return last_words(*((each, filled(texts, Channel.VOICE, each, profile)) for each in languages))


NOT_IN_SERVICE: Final = last_words(
    ("en", "This number is not in service yet. In an emergency, hang up and call 911."),
    ("es", "Este número todavía no está en servicio. En una emergencia, cuelgue y llame al 911."),
)


def _says(spoken: Spoken) -> Iterator[str]:
    for each in spoken.turn.says:
        yield from _said(spoken, each)


def _said(spoken: Spoken, each: Say) -> Iterator[str]:
    """The words, the way to another language at once, then the other choices and the hint."""
    language = spoken.turn.state.talk.language
    if each.text:
        yield say(ssml(each.text), language)
    for choice in each.choices:
        if choice.language is not None:
            yield say(_option(spoken, choice, choice.language), choice.language)
    own = "".join(
        _option(spoken, choice, language) for choice in each.choices if choice.language is None
    )
    inside = own + (ssml(each.hint) if each.hint else "")
    if inside:
        yield say(inside, language)


def _option(spoken: Spoken, choice: Choice, language: Language) -> str:
    words = {"choice": choice.label, "key": choice.key}
    texts = spoken.library.messages["choice"]
    return option_ssml(filled(texts, Channel.VOICE, language, spoken.profile, words))


def _gather(spoken: Spoken, words: str) -> str:
    talk = spoken.turn.state.talk
    keys = talk.wants_keys
    seconds = _SECONDS_TO_ANSWER if keys == 1 else _SECONDS_BETWEEN_KEYS
    return (
        f'<Gather input="dtmf speech" numDigits="{keys}" finishOnKey=""'  # the # key means "back"
        f' timeout="{seconds}" speechTimeout="auto" actionOnEmptyResult="true"'
        f' language="{voice_of(talk.language).locale}"'
        f" hints={_hints(spoken.library.hints.get((talk.waiting, talk.language), ()))}"
        f' action="{_next(spoken)}">{words}</Gather>'
    )


@lru_cache
def _hints(phrases: tuple[str, ...]) -> str:
    return quoteattr(",".join(phrase.replace(",", " ") for phrase in phrases) or "help")


def _next(spoken: Spoken) -> str:
    return f"{TURN}?n={spoken.next_number}"


def _dial(spoken: Spoken) -> str:
    """Ring the desk. The caller hears it ring, and comes back to us if nobody takes the call."""
    number = desk_number(spoken.profile) or ""
    line = us_number(spoken.line)
    caller_id = f' callerId="{line}"' if line else ""
    return (
        f'<Dial{caller_id} answerOnBridge="true" timeout="{_SECONDS_TO_RING}"'
        f' action="{_next(spoken)}">{escape(number)}</Dial>'
    )


def _record(spoken: Spoken) -> str:
    """Record a message. An empty one is not posted to the action: the document goes on."""
    here = _next(spoken)
    return (
        f'<Record maxLength="{LONGEST_MESSAGE}" timeout="{_SECONDS_OF_SILENCE}" finishOnKey="#"'
        f' playBeep="true" action="{here}" recordingStatusCallback="{RECORDING}"'
        f' recordingStatusCallbackEvent="completed"/><Redirect method="POST">{here}</Redirect>'
    )
