"""Carries out the verbs of a call on a clock of its own; no second of it is really waited for.

The rules are those of Twilio's pages on each verb. The caller's side is driven from outside: the
interpreter plays until it wants something of the caller, and then stays there.
"""

from collections import deque
from collections.abc import Callable
from contextlib import suppress

from emulator.voice_events import Done, Ending, Heard, RunawayError
from emulator.voice_forms import (
    ANSWERED,
    dial_form,
    new_recording_sid,
    recording_form,
    recording_report,
)
from emulator.voice_speech import WORDS_A_MINUTE, speech
from emulator.voice_verbs import (
    Dial,
    Gather,
    Hangup,
    Method,
    Pause,
    Play,
    Prompt,
    Record,
    Redirect,
    Reject,
    Say,
    Verb,
)
from emulator.voice_wire import ApplicationError, Wire

MOST_DOCUMENTS = 50
"""Documents in a row that ask the caller for nothing; more must be a circle."""
SORRY = "We are sorry. An application error has occurred. Goodbye."
_KEY_SECONDS = 0.5
_PAUSE_AFTER_SPEECH = 1


_STATUS = {Ending.BUSY: "busy", Ending.REJECTED: "no-answer"}


class Interpreter:
    """One call. `waiting` is the verb that wants something of the caller or of who is dialled."""

    def __init__(
        self,
        wire: Wire,
        *,
        recordings_url: str = "https://api.twilio.com",
        time_limit: float = 14_400,
    ) -> None:
        self.wire = wire
        self.clock = 0.0
        self.heard: list[Heard] = []
        self.done: list[Done] = []
        self.executed: list[Verb] = []
        self.waiting: Gather | Record | Dial | None = None
        self.digits = ""
        """Keys of a Gather that wants more of them."""
        self.ending: Ending | None = None
        self.problem = ""
        self.answered_at: float | None = None
        self.prompt_began = 0.0
        self.recordings_reported_first = False
        """Whether a recording is reported before its action is asked; Twilio promises no order."""
        self.end_reported_first = False
        """The same of a call that ends while somebody is dialled."""
        self.on_answer: Callable[[], None] = lambda: None
        self.on_end: Callable[[Ending], None] = lambda _: None
        self.on_recording: Callable[[str, float], None] = lambda _sid, _seconds: None
        self._left: deque[Verb] = deque()
        self._documents = 0
        self._recordings_url = recordings_url
        self._time_limit = time_limit
        self._talked: float | None = None

    @property
    def duration(self) -> int:
        """Seconds since the call was answered, as Twilio bills them."""
        return 0 if self.answered_at is None else round(self.clock - self.answered_at)

    def begin(self, url: str, method: Method = "POST") -> None:
        """Fetch the first document and carry it out until something is wanted."""
        self._go(url, method, {})
        self._carry_on()

    def begin_with(self, verbs: tuple[Verb, ...]) -> None:
        """Carry out a document that was given with the call."""
        self.wire.url = ""
        self._left = deque(verbs)
        self._carry_on()

    def change(self, url: str, method: Method, document: tuple[Verb, ...] | None) -> None:
        """Leave the present document for another one, as an update over REST does."""
        self.waiting, self.digits = None, ""
        if document is None:
            self.begin(url, method)
        else:
            self.begin_with(document)

    def answer(self) -> None:
        """Take the call, if it is not taken yet."""
        if self.answered_at is None:
            self.answered_at = self.clock
            self.wire.status = "in-progress"
            self.on_answer()

    # What the caller does

    def interrupt(self, after: float) -> bool:
        """Go back to a moment of the prompt at which the caller acts; False if that has no effect.

        `after` is in seconds since the prompt began.
        """
        if not isinstance(self.waiting, Gather) or not self.waiting.barge_in:
            return False
        if after < 0:
            return False
        moment = self.prompt_began + after
        if moment < self.clock:
            self.heard = [part for part in self.heard if part.second < moment]
            self.clock = moment
        return True

    def press(self, keys: str, *, then_silence: bool = True) -> None:
        """Press keys, one every half second. Keys that nobody waits for are lost.

        Without `then_silence`, a Gather that wants more keys goes on waiting for them.
        """
        for key in keys:
            if self.waiting is None:
                return
            self._note_key(key)
            self._tick(_KEY_SECONDS)
            self._press_one(key)
        if then_silence and self.digits:
            self.be_silent()

    def _note_key(self, key: str) -> None:
        if self.digits:
            self.done[-1] = Done(self.clock, f"{self.done[-1].text} {key}")
        else:
            self.done.append(Done(self.clock, f"Pressed {key}"))

    def _press_one(self, key: str) -> None:
        match self.waiting:
            case Gather(takes_keys=True) as gather if key == gather.finish_on_key:
                self._finish_keys(gather, {"FinishedOnKey": key})
            case Gather(takes_keys=True) as gather:
                self.digits += key
                if len(self.digits) == gather.num_digits:
                    self._finish_keys(gather, {})
            case Record() as record if key in record.finish_on_key:
                self.recorded(0, key)

    def _finish_keys(self, gather: Gather, extra: dict[str, str]) -> None:
        digits, self.digits = self.digits, ""
        if digits:
            self._submit(gather, {"Digits": digits, **extra})
        else:
            self._submit_nothing(gather)

    def say(self, text: str, confidence: float | None) -> None:
        """Say something. Who speaks where no speech is wanted is not heard."""
        gather = self.waiting
        words = len(text.split())
        self.done.append(Done(self.clock, f"“{text}”"))
        self._tick(words * 60 / WORDS_A_MINUTE)
        if not isinstance(gather, Gather) or not gather.takes_speech or not words or self.digits:
            return
        self._tick(gather.speech_timeout or _PAUSE_AFTER_SPEECH)
        form = {"SpeechResult": text}
        if confidence is not None:
            form["Confidence"] = str(confidence)
        self._submit(gather, form)

    def be_silent(self) -> None:
        """Do nothing until whatever waits gives up."""
        match self.waiting:
            case Gather() as gather:
                self._tick(gather.timeout)
                self._finish_keys(gather, {})
            case Record() as record:
                self._tick(record.timeout)
                self.recorded(0)
            case Dial() as dial:
                self._tick(dial.timeout)
                self.dial_ended("no-answer", 0)

    def recorded(self, seconds: float, key: str = "") -> None:
        """End a recording of some seconds; `hangup` as the key is the caller hanging up."""
        record = self.waiting
        if not isinstance(record, Record):
            return
        seconds = min(seconds, record.max_length)
        self.done.append(Done(self.clock, f"Recorded {round(seconds)} s"))
        self.waiting = None
        self._tick(seconds)
        hung_up = key == "hangup"
        if hung_up:
            self.wire.status = "completed"
        sid = new_recording_sid()
        self.on_recording(sid, seconds)
        form = recording_form(sid, self.wire.ends.account_sid, self._recordings_url, seconds, key)
        if self.recordings_reported_first:
            self._report(record, form)
        if seconds >= 1 and hung_up:
            self._mention(record, form)
        elif seconds >= 1:
            self._go(self.wire.address(record.action), record.method, form)
        if not self.recordings_reported_first:
            self._report(record, form)
        if hung_up:
            self.end(Ending.CALLER)
        self._carry_on()

    def _report(self, record: Record, form: dict[str, str]) -> None:
        status = "completed" if form["RecordingDuration"] != "0" else "absent"
        if record.status_callback is None or status not in record.status_events:
            return
        url = self.wire.address(record.status_callback)
        told = recording_report(form, status)
        self.wire.tell(url, record.status_callback_method, told)

    def dial_taken(self, seconds: float) -> None:
        """Who is dialled takes the call, and they talk for some seconds."""
        dial = self.waiting
        if isinstance(dial, Dial):
            self.answer()
            self._talked = min(seconds, dial.time_limit)
            self._tick(self._talked)

    def dial_ended(self, outcome: str, seconds: float) -> None:
        """End a Dial: completed (or answered), busy, no-answer, failed or canceled."""
        dial = self.waiting
        if not isinstance(dial, Dial):
            return
        self.waiting = None
        if outcome in ANSWERED:
            self.answer()
            self._tick(min(seconds, dial.time_limit))
        if dial.action is not None:
            form = dial_form(outcome, seconds + (self._talked or 0))
            self._go(self.wire.address(dial.action), dial.method, form)
        self._carry_on()

    def hang_up(self) -> None:
        """Hang up. A recording or a dialled call that this ends is still reported to its action."""
        match self.waiting:
            case Record():
                self.recorded(0, "hangup")
            case Dial(action=str()) as dial:
                self._leave(dial)
        self.end(Ending.CALLER)

    def _leave(self, dial: Dial) -> None:
        if self.end_reported_first:
            self.end(Ending.CALLER)
        self.wire.status = "completed"
        outcome = "canceled" if self._talked is None else "completed"
        self._mention(dial, dial_form(outcome, self._talked or 0))

    def fail(self, problem: str) -> None:
        """End the call with the words that Twilio has for an app that fails."""
        self.problem = problem
        self.heard.append(Heard(self.clock, SORRY, speech(Say((SORRY,))).seconds))
        self.end(Ending.ERROR)

    def end(self, ending: Ending) -> None:
        """End the call, if it has not ended yet."""
        if self.ending is not None:
            return
        self.ending = ending
        self.wire.status = _STATUS.get(ending, "completed")
        self.waiting = None
        self._left.clear()
        self.on_end(ending)

    # What the document says

    def _carry_on(self) -> None:
        while self.ending is None and self.waiting is None:
            if not self._left:
                self.end(Ending.FELL_THROUGH)
                return
            verb = self._left.popleft()
            self.executed.append(verb)
            self._carry_out(verb)

    def _carry_out(self, verb: Verb) -> None:
        match verb:
            case Say() | Play() | Pause():
                self.answer()
                self._play(verb)
            case Gather(prompts=prompts):
                self.answer()
                self.prompt_began = self.clock
                for prompt in prompts:
                    self._play(prompt)
                self._wait(verb)
            case Record():
                self.answer()
                self._wait(verb)
            case Dial(answer_on_bridge=answer_on_bridge):
                if not answer_on_bridge:
                    self.answer()
                self._talked = None
                self._wait(verb)
            case Redirect(url=url, method=method):
                self._go(self.wire.address(url), method, {})
            case Hangup():
                self.end(Ending.HANGUP)
            case Reject(reason=reason):
                self.end(Ending.BUSY if reason == "busy" else Ending.REJECTED)

    def _wait(self, verb: Gather | Record | Dial) -> None:
        if self.ending is None:
            self.waiting = verb
            self._documents = 0

    def _play(self, prompt: Prompt) -> None:
        spoken = speech(prompt)
        if spoken.text:
            voice, language = (
                (prompt.voice, prompt.language) if isinstance(prompt, Say) else ("", "")
            )
            self.heard.append(Heard(self.clock, spoken.text, spoken.seconds, voice, language))
        self._tick(spoken.seconds)

    def _tick(self, seconds: float) -> None:
        self.clock += seconds
        if self.clock >= self._time_limit:
            self.clock = self._time_limit
            self.end(Ending.TIME_LIMIT)

    def _submit(self, gather: Gather, form: dict[str, str]) -> None:
        self.waiting = None
        self._go(self.wire.address(gather.action), gather.method, form)
        self._carry_on()

    def _submit_nothing(self, gather: Gather) -> None:
        self.waiting = None
        if gather.action_on_empty:
            form = {"Digits": ""} if gather.takes_keys else {"SpeechResult": ""}
            self._go(self.wire.address(gather.action), gather.method, form)
        self._carry_on()

    def _go(self, url: str, method: Method, form: dict[str, str]) -> None:
        """Replace the present document by another one."""
        self._left.clear()
        if self.ending is not None:
            return
        self._documents += 1
        if self._documents > MOST_DOCUMENTS:
            raise RunawayError(f"{MOST_DOCUMENTS} documents in a row ask the caller for nothing.")
        try:
            self._left = deque(self.wire.fetch(url, method, form))
        except ApplicationError as error:
            self.fail(f"The clinic's service {error}.")

    def _mention(self, verb: Record | Dial, form: dict[str, str]) -> None:
        """Ask an action whose document nobody is there to hear any more."""
        with suppress(ApplicationError):
            self.wire.fetch(self.wire.address(verb.action), verb.method, form)
