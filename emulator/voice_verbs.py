"""The verbs of spoken TwiML as plain values. Lengths and timeouts are whole seconds."""

from dataclasses import dataclass
from typing import Literal

Method = Literal["GET", "POST"]


@dataclass(frozen=True, slots=True)
class Tag:
    """An SSML element inside a Say, with its attributes in the order of their names."""

    name: str
    attributes: tuple[tuple[str, str], ...]
    content: tuple["str | Tag", ...]

    def attribute(self, name: str) -> str:
        """An attribute's value; empty if it is not there."""
        return dict(self.attributes).get(name, "")


Content = tuple[str | Tag, ...]


@dataclass(frozen=True, slots=True)
class Say:
    """Words to be spoken. A `loop` of 0 repeats until the call ends."""

    content: Content
    voice: str = ""
    language: str = ""
    loop: int = 1


@dataclass(frozen=True, slots=True)
class Play:
    """A sound file, or keys sent as tones (then `url` is empty)."""

    url: str
    digits: str = ""
    loop: int = 1


@dataclass(frozen=True, slots=True)
class Pause:
    """Silence."""

    length: int = 1


Prompt = Say | Play | Pause


@dataclass(frozen=True, slots=True, kw_only=True)
class Gather:
    """Input from the caller, after (or during) its prompts.

    `action` is None when the same address is asked again, `num_digits` None when there is no limit,
    `finish_on_key` empty when no key ends the input, `speech_timeout` None for "auto".
    """

    prompts: tuple[Prompt, ...] = ()
    takes_keys: bool = True
    takes_speech: bool = False
    action: str | None = None
    method: Method = "POST"
    timeout: int = 5
    speech_timeout: int | None = 5
    max_speech_time: int = 60
    num_digits: int | None = None
    finish_on_key: str = "#"
    action_on_empty: bool = False
    barge_in: bool = True
    hints: tuple[str, ...] = ()
    language: str = "en-US"
    speech_model: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dial:
    """A call to other numbers, joined to this one. Without an `action` the document goes on."""

    numbers: tuple[str, ...]
    action: str | None = None
    method: Method = "POST"
    timeout: int = 30
    time_limit: int = 14_400
    caller_id: str | None = None
    answer_on_bridge: bool = False
    record: str = "do-not-record"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The caller's voice, recorded until silence, a key or the longest length."""

    action: str | None = None
    method: Method = "POST"
    timeout: int = 5
    finish_on_key: str = "1234567890*#"
    max_length: int = 3600
    play_beep: bool = True
    transcribe: bool = False
    status_callback: str | None = None
    status_callback_method: Method = "POST"
    status_events: frozenset[str] = frozenset({"completed"})


@dataclass(frozen=True, slots=True)
class Redirect:
    """Go on with the document at another address."""

    url: str
    method: Method = "POST"


@dataclass(frozen=True, slots=True)
class Hangup:
    """The end of the call."""


@dataclass(frozen=True, slots=True)
class Reject:
    """The call is not taken, and nobody pays for it."""

    reason: Literal["rejected", "busy"] = "rejected"


Verb = Say | Play | Pause | Gather | Dial | Record | Redirect | Hangup | Reject
