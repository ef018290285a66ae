"""A call as a test tells it: `phone.call(mary).hears("press 1").presses("1").hangs_up()`.

Time is counted, not waited for. What the app sends is read strictly, and a call that ends because
nothing follows its last verb is an error unless the test says that it expects it.
"""

import re
from collections.abc import Callable
from typing import Self

from emulator.voice_events import Ending
from emulator.voice_interpreter import Interpreter
from emulator.voice_verbs import Dial, Gather, Record, Verb
from emulator.voice_wire import Request

_Act = Callable[[Interpreter], None]


class CallError(AssertionError):
    """The call did not go as the test says."""


class FellThroughError(CallError):
    """The caller was cut off because nothing followed the last verb."""


class Call:
    """One call, and the person at the patient's end of it. Each act gives the call back."""

    def __init__(
        self,
        interpreter: Interpreter,
        *,
        may_fall_through: bool = False,
        on_act: Callable[[], None] = lambda: None,
    ) -> None:
        """`on_act` is called after each act of the person's."""
        self.interpreter = interpreter
        self._on_act = on_act
        self._may_fall_through = may_fall_through
        self._since = 0

    # What was heard

    @property
    def heard(self) -> str:
        """What was played since the last act."""
        return " ".join(part.text for part in self.interpreter.heard[self._since :])

    @property
    def everything(self) -> list[tuple[float, str]]:
        """All that was played, each with its second."""
        return [(part.second, part.text) for part in self.interpreter.heard]

    def hears(self, text: str) -> Self:
        """A text is among what was played since the last act; case and space do not matter."""
        if _squeezed(text) not in _squeezed(self.heard):
            raise CallError(f"{text!r} was not heard. {self._story()}")
        return self

    def hears_not(self, text: str) -> Self:
        """A text is not among what was played since the last act."""
        if _squeezed(text) in _squeezed(self.heard):
            raise CallError(f"{text!r} was heard. {self._story()}")
        return self

    # What the patient does

    def presses(self, keys: str, *, after: float | None = None, then_silence: bool = True) -> Self:
        """Press keys; `after` so many seconds of the prompt instead of at its end.

        Keys in a prompt that cannot be stopped are lost.

        Silence follows, which ends an input that is not complete; `then_silence=False` leaves it
        open.
        """
        return self._acts(lambda caller: caller.press(keys, then_silence=then_silence), after=after)

    def says(
        self, text: str, confidence: float | None = 0.9, *, after: float | None = None
    ) -> Self:
        """Say something, as it is recognised; a confidence of None is left out of the form."""
        return self._acts(lambda caller: caller.say(text, confidence), after=after)

    def waits(self) -> Self:
        """Keep silent until a timeout passes."""
        return self._acts(lambda caller: caller.be_silent())

    def records(self, seconds: float, key: str = "") -> Self:
        """Speak for some seconds after the beep; 0 is an empty recording.

        `key` ends it, "hangup" is hanging up after speaking, and none is silence.
        """
        self._needs(Record, "a recording")
        return self._acts(lambda caller: caller.recorded(seconds, key))

    def dial_ends(self, outcome: str, seconds: float = 60) -> Self:
        """The number that the app dials is completed (after some seconds), busy, no-answer …"""
        self._needs(Dial, "a dialled number")
        return self._acts(lambda caller: caller.dial_ended(outcome, seconds))

    def talks(self, seconds: float = 60) -> Self:
        """The number that the app dials takes the call, and they talk until somebody hangs up."""
        self._needs(Dial, "a dialled number")
        return self._acts(lambda caller: caller.dial_taken(seconds))

    def hangs_up(self) -> Self:
        """Hang up."""
        return self._acts(lambda caller: caller.hang_up())

    def repeat_last_request(self) -> str:
        """Send the last form once more, as a retry does; gives the document, and nothing moves."""
        return self.interpreter.wire.repeat()

    # How it stands

    @property
    def sid(self) -> str:
        """The call's SID."""
        return self.interpreter.wire.ends.call_sid

    @property
    def clock(self) -> float:
        """Seconds since the call began."""
        return self.interpreter.clock

    @property
    def ended(self) -> bool:
        """Whether the call is over."""
        return self.interpreter.ending is not None

    @property
    def ending(self) -> Ending | None:
        """How the call ended; None while it goes on."""
        return self.interpreter.ending

    @property
    def problem(self) -> str:
        """What went wrong at the app, if something did."""
        return self.interpreter.problem

    @property
    def waiting(self) -> Gather | Record | Dial | None:
        """The verb that wants something; None once the call is over."""
        return self.interpreter.waiting

    @property
    def executed(self) -> list[Verb]:
        """The verbs carried out so far; prompts inside a Gather belong to it."""
        return self.interpreter.executed

    @property
    def requests(self) -> list[Request]:
        """What was asked of the app for documents; each has `url`, `form` and `method`."""
        return self.interpreter.wire.requests

    @property
    def callbacks(self) -> list[Request]:
        """What was reported to the app."""
        return self.interpreter.wire.callbacks

    def _acts(self, act: _Act, *, after: float | None = None) -> Self:
        caller = self.interpreter
        if caller.ending is not None:
            raise CallError(f"The call is over ({caller.ending}). {self._story()}")
        if after is not None and not caller.interrupt(after):
            return self
        self._since = len(caller.heard)
        act(caller)
        self._on_act()
        return self.checked()

    def checked(self) -> Self:
        """Refuse a call that has fallen through. Raises FellThroughError."""
        if self.ending is Ending.FELL_THROUGH and not self._may_fall_through:
            raise FellThroughError(f"Nothing follows the last verb. {self._story()}")
        return self

    def _needs(self, kind: type[Record] | type[Dial], what: str) -> None:
        if not isinstance(self.waiting, kind):
            raise CallError(f"The call does not wait for {what}. {self._story()}")

    def _story(self) -> str:
        verb = type(self.waiting).__name__ if self.waiting else f"nothing ({self.ending})"
        problem = f" {self.problem}" if self.problem else ""
        return f"Heard since the last act: {self.heard!r}. Waiting for: {verb}.{problem}"


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text).casefold()
