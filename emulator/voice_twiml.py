"""Reads the TwiML of a call strictly: what Twilio would not take, or never reach, is an error.

Names, ranges and defaults are those of Twilio's pages on each verb.
"""

import re
from collections.abc import Callable

from emulator.model import E164
from emulator.voice_speech import Spoken, speech
from emulator.voice_ssml import LANGUAGES, check_voice, read_content
from emulator.voice_verbs import (
    Dial,
    Gather,
    Hangup,
    Pause,
    Play,
    Prompt,
    Record,
    Redirect,
    Reject,
    Say,
    Verb,
)
from emulator.voice_xml import Attributes, BadTwiML, Element, check_url, read_tree

__all__ = ["BadTwiML", "Spoken", "ends_by_falling_through", "parse", "speech"]

MOST_HINTS = 500
LONGEST_HINT = 100

_KEY = r"[0-9*#]"
_NUMBER = re.compile(r"\+?[1-9]\d{6,14}")
_RECORDINGS = {
    name: name
    for name in "do-not-record record-from-answer record-from-ringing record-from-answer-dual"
    " record-from-ringing-dual".split()
}
_INPUTS = {"dtmf": (True, False), "speech": (False, True), "dtmf speech": (True, True)}
_INPUTS["speech dtmf"] = _INPUTS["dtmf speech"]
_MODELS = {
    name: name
    for name in "default numbers_and_commands phone_call experimental_conversations"
    " experimental_utterances googlev2_long googlev2_short googlev2_telephony"
    " googlev2_telephony_short deepgram_nova-2 deepgram_nova-3".split()
}
_NOT_IN_MEXICO = ("phone_call", "experimental_conversations", "experimental_utterances")
_STATUS_EVENTS = frozenset({"in-progress", "completed", "absent"})


def parse(document: str | bytes) -> tuple[Verb, ...]:
    """The verbs of a document in their order. Raises BadTwiML, which says where and why."""
    root = read_tree(document)
    if root.name != "Response":
        root.refuse("stands where <Response> should.")
    Attributes(root).done()
    _refuse_text(root)
    verbs = tuple(_read_verb(element) for element in root.elements)
    _refuse_unreachable(root.elements, verbs)
    return verbs


def ends_by_falling_through(verbs: tuple[Verb, ...]) -> bool:
    """Whether a silent caller is cut off because nothing follows the last verb.

    A Record is such an end too: an empty recording is not reported, and the document goes on.
    """
    match verbs[-1] if verbs else None:
        case Redirect() | Hangup() | Reject():
            return False
        case Dial(action=action):
            return action is None
        case Gather(action_on_empty=action_on_empty):
            return not action_on_empty
        case _:
            return True


def _read_verb(element: Element) -> Verb:
    read = _READERS.get(element.name)
    if read is None:
        element.refuse("is not a verb of a call that this product uses.")
    attributes = Attributes(element)
    verb = read(element, attributes)
    attributes.done()
    return verb


def _refuse_unreachable(elements: list[Element], verbs: tuple[Verb, ...]) -> None:
    ended_by = ""
    for element, verb in zip(elements, verbs, strict=True):
        if ended_by:
            element.refuse(f"is never reached after <{ended_by}>.")
        if isinstance(verb, Reject) and verb is not verbs[0]:
            element.refuse("must be the first verb; the call is already answered.")
        is_last = isinstance(verb, Redirect | Hangup | Reject)
        if is_last or (isinstance(verb, Dial) and verb.action is not None):
            ended_by = element.name


def _refuse_text(element: Element) -> None:
    if element.text:
        element.refuse("holds text outside a verb.")


def _refuse_content(element: Element) -> None:
    if element.text or element.elements:
        element.refuse("must be empty.")


def _words_only(element: Element) -> str:
    if element.elements:
        element.refuse(f"cannot hold <{element.elements[0].name}>.")
    return element.text


def _say(element: Element, attributes: Attributes) -> Say:
    voice, language = attributes.text("voice"), attributes.text("language")
    check_voice(element, voice, language)
    content = read_content(element, voice)
    return Say(content, voice, language, attributes.number("loop", 1, 0, 1000))


def _play(element: Element, attributes: Attributes) -> Play:
    url = _words_only(element)
    digits = attributes.matching("digits", r"[0-9*#wW]+", "made of 0 to 9, *, # and w")
    if bool(url) == bool(digits):
        element.refuse("needs either an address or digits.")
    if url:
        check_url(url, lambda why: element.refuse(f"{why}."))
    return Play(url, digits, attributes.number("loop", 1, 0, 1000))


def _pause(element: Element, attributes: Attributes) -> Pause:
    _refuse_content(element)
    return Pause(attributes.number("length", 1, 1, 600))


_PROMPTS: dict[str, Callable[[Element, Attributes], Prompt]] = {
    "Say": _say,
    "Play": _play,
    "Pause": _pause,
}


def _prompt(element: Element) -> Prompt:
    read = _PROMPTS.get(element.name)
    if read is None:
        element.refuse("cannot stand inside <Gather>.")
    attributes = Attributes(element)
    prompt = read(element, attributes)
    attributes.done()
    return prompt


def _gather(element: Element, attributes: Attributes) -> Gather:
    _refuse_text(element)
    takes_keys, takes_speech = attributes.choice("input", _INPUTS, (True, False))
    timeout = attributes.number("timeout", 5, 1, 600)
    language = attributes.text("language", "en-US")
    if language not in LANGUAGES:
        attributes.refuse("language", "is not known for recognising speech")
    if not takes_keys and (attributes.has("numDigits") or attributes.has("finishOnKey")):
        element.refuse("speaks of keys, but its input is speech only.")
    if not takes_speech and any(map(attributes.has, ("hints", "speechTimeout", "speechModel"))):
        element.refuse("speaks of speech, but its input is keys only.")
    if attributes.has("partialResultCallback"):
        attributes.refuse("partialResultCallback", "this carrier does not carry out")
    attributes.yes("profanityFilter", default=True)
    attributes.yes("enhanced", default=False)
    attributes.yes("debug", default=False)
    finish_on_key = attributes.matching("finishOnKey", rf"{_KEY}?", "one key or empty", "#")
    num_digits = attributes.number("numDigits", 0, 1, 1000) or None
    if num_digits == 1 and attributes.has("finishOnKey") and finish_on_key:
        element.refuse("takes one key and a key to finish, which is then never pressed.")
    return Gather(
        prompts=tuple(_prompt(inner) for inner in element.elements),
        takes_keys=takes_keys,
        takes_speech=takes_speech,
        action=attributes.url("action"),
        method=attributes.method(),
        timeout=timeout,
        speech_model=_speech_model(attributes, language),
        speech_timeout=_speech_timeout(attributes, timeout),
        max_speech_time=attributes.number("maxSpeechTime", 60, 1, 60),
        num_digits=num_digits,
        finish_on_key=finish_on_key,
        action_on_empty=attributes.yes("actionOnEmptyResult", default=False),
        barge_in=attributes.yes("bargeIn", default=True),
        hints=_hints(attributes),
        language=language,
    )


def _speech_model(attributes: Attributes, language: str) -> str:
    model = attributes.choice("speechModel", _MODELS, "")
    if model in _NOT_IN_MEXICO and language == "es-MX":
        attributes.refuse("speechModel", "does not know es-MX")
    return model


def _speech_timeout(attributes: Attributes, timeout: int) -> int | None:
    """Seconds of silence that end speech; None for "auto", which no model may be named with."""
    is_auto = attributes.takes("speechTimeout", "auto")
    if attributes.has("speechModel") and (is_auto or not attributes.has("speechTimeout")):
        attributes.refuse("speechModel", "needs a speechTimeout in seconds")
    if is_auto:
        return None
    return attributes.number("speechTimeout", timeout, 1, 600)


def _hints(attributes: Attributes) -> tuple[str, ...]:
    if not attributes.has("hints"):
        return ()
    hints = tuple(hint.strip() for hint in attributes.text("hints").split(","))
    if len(hints) > MOST_HINTS:
        attributes.refuse("hints", f"must have {MOST_HINTS} entries at most")
    if not all(0 < len(hint) <= LONGEST_HINT for hint in hints):
        attributes.refuse("hints", f"must have entries of 1 to {LONGEST_HINT} characters")
    return hints


def _dial(element: Element, attributes: Attributes) -> Dial:
    given = [element.text] if element.text else [_number(inner) for inner in element.elements]
    if not given or (element.text and element.elements):
        element.refuse("needs a number, or one or more <Number>.")
    if not all(_NUMBER.fullmatch(number) for number in given):
        element.refuse("holds something that is not a phone number.")
    attributes.yes("hangupOnStar", default=False)
    return Dial(
        numbers=tuple(given),
        action=attributes.url("action"),
        method=attributes.method(),
        timeout=attributes.number("timeout", 30, 1, 600),
        time_limit=attributes.number("timeLimit", 14_400, 1, 86_400),
        caller_id=attributes.matching("callerId", E164.pattern, "like +18285550110") or None,
        answer_on_bridge=attributes.yes("answerOnBridge", default=False),
        record=attributes.choice("record", _RECORDINGS, "do-not-record"),
    )


def _number(element: Element) -> str:
    if element.name != "Number":
        element.refuse("cannot stand inside <Dial>; only <Number> can.")
    attributes = Attributes(element)
    attributes.matching("sendDigits", r"[0-9*#wW]+", "made of 0 to 9, *, # and w")
    attributes.done()
    return _words_only(element)


def _record(element: Element, attributes: Attributes) -> Record:
    _refuse_content(element)
    transcribe = attributes.yes("transcribe", default=False)
    longest = attributes.number("maxLength", 120 if transcribe else 3600, 2, 14_400)
    if transcribe and longest > 120:
        attributes.refuse("maxLength", "must be 120 at most with a transcript")
    attributes.choice("trim", {"trim-silence": True, "do-not-trim": False}, default=True)
    attributes.url("transcribeCallback")
    return Record(
        action=attributes.url("action"),
        method=attributes.method(),
        timeout=attributes.number("timeout", 5, 1, 600),
        finish_on_key=attributes.matching(
            "finishOnKey", rf"{_KEY}*", "made of 0 to 9, * and #", "1234567890*#"
        ),
        max_length=longest,
        play_beep=attributes.yes("playBeep", default=True),
        transcribe=transcribe,
        status_callback=attributes.url("recordingStatusCallback"),
        status_callback_method=attributes.method("recordingStatusCallbackMethod"),
        status_events=attributes.words("recordingStatusCallbackEvent", _STATUS_EVENTS)
        or frozenset({"completed"}),
    )


def _redirect(element: Element, attributes: Attributes) -> Redirect:
    url = _words_only(element)
    check_url(url, lambda why: element.refuse(f"{why}."))
    return Redirect(url, attributes.method())


def _hangup(element: Element, _attributes: Attributes) -> Hangup:
    _refuse_content(element)
    return Hangup()


def _reject(element: Element, attributes: Attributes) -> Reject:
    _refuse_content(element)
    reasons = {"rejected": Reject("rejected"), "busy": Reject("busy")}
    return attributes.choice("reason", reasons, Reject())


_READERS: dict[str, Callable[[Element, Attributes], Verb]] = {
    **_PROMPTS,
    "Gather": _gather,
    "Dial": _dial,
    "Record": _record,
    "Redirect": _redirect,
    "Hangup": _hangup,
    "Reject": _reject,
}
