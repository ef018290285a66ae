"""The journey of a message from acceptance to its last status."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from emulator.background import Background
from emulator.callbacks import Callbacks
from emulator.errors import CarrierError
from emulator.faults import Fault, FaultKind, Faults, Stage
from emulator.model import UNREACHABLE, Direction, Media, Message, Reach, Status
from emulator.segments import size_of
from emulator.state import Changes, State
from emulator.validation import Send


@dataclass(frozen=True, slots=True)
class Step:
    """The next status of a message, some seconds after the one before."""

    seconds: float
    status: Status
    error_code: int | None = None


def new_sid(*, media: bool) -> str:
    """A message SID as Twilio writes it: MM for messages with pictures, else SM."""
    return ("MM" if media else "SM") + secrets.token_hex(16)


class Delivery:
    """Takes messages on and moves them along."""

    def __init__(
        self,
        state: State,
        faults: Faults,
        background: Background,
        callbacks: Callbacks,
        pace: float,
    ) -> None:
        self._state = state
        self._faults = faults
        self._background = background
        self._callbacks = callbacks
        self._pace = pace

    def accept(self, send: Send, direction: Direction) -> Message:
        """Take a message on. Raises CarrierError if the phone opted out or there is no sender.

        A messaging service picks its sender and meets its block list only afterwards, so there the
        same two errors come as a failed message.
        """
        if send.service_sid is None and self._state.is_blocked(send.to, send.from_):
            raise CarrierError(21610)
        message = self._state.add(_new_message(send, direction))
        fault = self._faults.take(Stage.CALLBACK, send.to)
        self._walk(message.sid, self._plan(send, message), fault)
        return message

    def drop(self, send: Send, direction: Direction, code: int) -> Message:
        """Record a message that fails on the spot, such as a reply to a phone that opted out."""
        message = self._state.add(_new_message(send, direction))
        self._walk(message.sid, [Step(0, Status.FAILED, code)], None)
        return message

    def cancel(self, sid: str) -> Message | None:
        """Cancel a scheduled message; None if it is not scheduled (any more)."""
        canceled = self._state.advance(sid, Status.CANCELED)
        if canceled:
            self._callbacks.tell(canceled, None, last=True)
        return canceled

    def _plan(self, send: Send, message: Message) -> Sequence[Step]:
        fault = self._faults.take(Stage.JOURNEY, send.to)
        start: list[Step] = []
        if message.status is Status.SCHEDULED and send.send_at:
            start = [Step((send.send_at - datetime.now(UTC)).total_seconds(), Status.QUEUED)]
        elif message.status is Status.ACCEPTED:
            start = [Step(self._pace / 2, Status.QUEUED)]
        return [*start, *self._rest(send, fault)]

    def _rest(self, send: Send, fault: Fault | None) -> list[Step]:
        """The steps from the queue on."""
        kind = fault.kind if fault else None
        queued = fault.seconds if fault and kind is FaultKind.HOLD_IN_QUEUE else 0.0
        if queued > send.validity:
            return [Step(send.validity, Status.FAILED, 30036)]
        if fault and kind is FaultKind.FAIL and fault.status == Status.FAILED:
            return [Step(self._pace, Status.FAILED, fault.code)]
        under_way = [
            Step(queued + self._pace, Status.SENDING),
            Step(self._pace, Status.SENT),
        ]
        if kind is FaultKind.NO_RECEIPT:
            return under_way
        if fault and kind is FaultKind.FAIL:
            return [*under_way, Step(self._pace, Status.UNDELIVERED, fault.code)]
        return [*under_way, Step(self._pace, Status.DELIVERED)]

    def _walk(self, sid: str, steps: Sequence[Step], fault: Fault | None) -> None:
        """Take the first step when its time has come, then the others."""
        if steps:
            step, rest = steps[0], steps[1:]
            # A message that waits for its SendAt does not keep the carrier busy.
            awaited = step.seconds < 600
            self._background.after(
                step.seconds, lambda: self._take(sid, step, rest, fault), awaited=awaited
            )

    def _take(self, sid: str, step: Step, rest: Sequence[Step], fault: Fault | None) -> None:
        message = self._state.message(sid)
        if message is None:
            return
        step = self._as_it_happens(message, step)
        moved = self._state.advance(sid, step.status, **_values(self._state, message, step))
        if moved is None:
            return
        last = moved.is_final or not rest
        self._callbacks.tell(moved, fault, last=last)
        if not last:
            self._walk(sid, rest, fault)

    def _as_it_happens(self, message: Message, step: Step) -> Step:
        """What only shows on the way: no sender, an opt-out, a phone that takes no texts."""
        if step.status is Status.QUEUED:
            sender = message.from_ or self._state.sender_for(message.to)
            if sender is None:
                return Step(0, Status.FAILED, 21704)
            if self._state.is_blocked(message.to, sender):
                return Step(0, Status.FAILED, 21610)
        reach = self._state.phone(message.to).reach
        if step.status is Status.DELIVERED and reach is not Reach.ON:
            return Step(0, Status.UNDELIVERED, UNREACHABLE[reach])
        return step


def _values(state: State, message: Message, step: Step) -> Changes:
    """The fields that change together with a status."""
    values = Changes(error_code=step.error_code)
    if not message.from_:
        values["from_"] = state.sender_for(message.to) or ""
    if step.status is Status.SENT:
        values["sent_at"] = datetime.now(UTC)
    return values


def _new_message(send: Send, direction: Direction) -> Message:
    now = datetime.now(UTC)
    status = Status.QUEUED
    if send.service_sid is not None:
        status = Status.SCHEDULED if send.send_at else Status.ACCEPTED
    size = size_of(send.body)
    return Message(
        sid=new_sid(media=bool(send.media_urls)),
        direction=direction,
        from_=send.from_,
        to=send.to,
        body=send.body,
        status=status,
        created_at=now,
        updated_at=now,
        segments=size.segments,
        encoding=size.encoding,
        media=tuple(Media(url, "image/*") for url in send.media_urls),
        service_sid=send.service_sid,
        callback_url=send.callback_url,
        action_url=send.action_url,
    )
