"""The carrier's memory: one lock, plain values inside, and word to everyone who waits for news."""

import itertools
import secrets
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypedDict, Unpack

from emulator.model import NEXT, Callback, Message, Note, Phone, Reach, Status
from emulator.options import Options


@dataclass(frozen=True, slots=True)
class News:
    """What changed after a revision. Phones, numbers and read marks are always complete."""

    revision: int
    phones: tuple[Phone, ...]
    numbers: tuple[tuple[str, str], ...]
    read: tuple[tuple[str, str, int], ...]
    messages: tuple[Message, ...]
    notes: tuple[Note, ...]
    removed: tuple[str, ...]


class Changes(TypedDict, total=False):
    """The fields of a message that change on its way."""

    from_: str
    body: str
    sent_at: datetime
    error_code: int | None


class State:
    """Everything the carrier remembers, in memory. Safe to use from any thread."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._changed = threading.Condition()
        self._revision = 0
        self._closed = False
        self._pages = 0
        self.boot = secrets.token_hex(4)
        self._forget()

    def _forget(self) -> None:
        self._serial = itertools.count(1)
        self._messages: dict[str, Message] = {}
        self._notes: list[Note] = []
        self._removed: list[tuple[int, str]] = []
        self._read: dict[tuple[str, str], int] = {}
        self._blocked: set[tuple[str, str]] = set()
        self._callbacks: list[Callback] = []
        self._pictures: dict[str, tuple[str, bytes]] = {}
        self._numbers = dict(self._options.numbers)
        self._phones = {
            number: Phone(number, label) for number, label in self._options.phones.items()
        }

    def _tick(self) -> int:
        self._revision += 1
        self._changed.notify_all()
        return self._revision

    def touch(self) -> int:
        """Say that something kept elsewhere has changed; its revision."""
        with self._changed:
            return self._tick()

    def reset(self) -> None:
        """Forget everything but the options; open pages start afresh."""
        with self._changed:
            self._forget()
            self.boot = secrets.token_hex(4)
            self._tick()

    # Messages

    def add(self, message: Message) -> Message:
        """Keep a new message; both ends become known. A SID that is taken keeps its message."""
        with self._changed:
            if known := self._messages.get(message.sid):
                return known
            self._know(message.phone, message.number)
            kept = replace(
                message,
                history=(message.status,),
                serial=next(self._serial),
                revision=self._tick(),
            )
            self._messages[kept.sid] = kept
            return kept

    def change(self, sid: str, **values: Unpack[Changes]) -> Message | None:
        """Replace fields of a message; None if it was deleted meanwhile."""
        with self._changed:
            message = self._messages.get(sid)
            return self._keep(replace(message, **values)) if message else None

    def advance(self, sid: str, status: Status, **values: Unpack[Changes]) -> Message | None:
        """Move a message on; None if it is gone or the move is not legal."""
        with self._changed:
            message = self._messages.get(sid)
            if message is None or status not in NEXT.get(message.status, frozenset()):
                return None
            history = (*message.history, status)
            return self._keep(replace(message, **values, status=status, history=history))

    def _keep(self, message: Message) -> Message:
        self._know(message.phone, message.number)
        kept = replace(message, updated_at=datetime.now(UTC), revision=self._tick())
        self._messages[kept.sid] = kept
        return kept

    def remove(self, sid: str) -> None:
        """Delete a message."""
        with self._changed:
            if self._messages.pop(sid, None):
                self._removed.append((self._tick(), sid))

    def message(self, sid: str) -> Message | None:
        """Look up one message."""
        with self._changed:
            return self._messages.get(sid)

    def messages(self) -> list[Message]:
        """All messages, oldest first."""
        with self._changed:
            return list(self._messages.values())

    def add_note(self, note: Note) -> None:
        """Keep a line of the carrier's own."""
        with self._changed:
            self._notes.append(replace(note, serial=next(self._serial), revision=self._tick()))

    def notes(self) -> list[Note]:
        """All notes, oldest first."""
        with self._changed:
            return list(self._notes)

    def add_callback(self, callback: Callback) -> None:
        """Keep the record of a status callback."""
        with self._changed:
            self._callbacks.append(callback)
            self._changed.notify_all()

    def callbacks(self) -> list[Callback]:
        """All status callbacks posted so far, in the order of their answers."""
        with self._changed:
            return list(self._callbacks)

    def add_picture(self, sid: str, content_type: str, content: bytes) -> None:
        """Keep the bytes of a picture that a phone sent."""
        with self._changed:
            self._pictures[sid] = (content_type, content)

    def picture(self, sid: str) -> tuple[str, bytes] | None:
        """A picture's content type and bytes."""
        with self._changed:
            return self._pictures.get(sid)

    # Numbers, phones and who blocks whom

    def _know(self, phone: str, number: str) -> None:
        if number:
            self._numbers.setdefault(number, "")
        self._phones.setdefault(phone, Phone(phone))

    def know(self, phone: str, number: str) -> None:
        """Put both ends of a call onto the page."""
        with self._changed:
            self._know(phone, number)

    def owns(self, number: str) -> bool:
        """Whether the account may send from a number."""
        with self._changed:
            return not self._options.strict_numbers or number in self._numbers

    def numbers(self) -> dict[str, str]:
        """The clinic numbers known so far, each with its label."""
        with self._changed:
            return dict(self._numbers)

    def sender_for(self, phone: str) -> str | None:
        """The number of a messaging service that writes to a phone: the one it last spoke with."""
        with self._changed:
            for message in reversed(self._messages.values()):
                if message.phone == phone and message.number:
                    return message.number
            return next(iter(self._numbers), None)

    def phone(self, number: str) -> Phone:
        """A phone as it is set; an unknown one is simply on."""
        with self._changed:
            return self._phones.get(number, Phone(number))

    def set_phone(
        self, number: str, *, label: str | None = None, reach: Reach | None = None
    ) -> None:
        """Add a phone to the page, or change its label or whether texts reach it."""
        with self._changed:
            phone = self._phones.get(number, Phone(number))
            self._phones[number] = Phone(
                number,
                phone.label if label is None else label,
                reach or phone.reach,
            )
            self._tick()

    def block(self, phone: str, number: str) -> None:
        """Opt a phone out of one clinic number."""
        with self._changed:
            self._blocked.add((phone, number))

    def unblock(self, phone: str, number: str) -> None:
        """Opt a phone in again."""
        with self._changed:
            self._blocked.discard((phone, number))

    def is_blocked(self, phone: str, number: str) -> bool:
        """Whether a phone has opted out of a clinic number."""
        with self._changed:
            return (phone, number) in self._blocked

    def mark_read(self, phone: str, number: str, serial: int) -> None:
        """Remember how far a conversation was read."""
        with self._changed:
            if serial > self._read.get((phone, number), 0):
                self._read[phone, number] = serial
                self._tick()

    # News

    def news(self, since: int) -> News:
        """What changed after a revision; 0 gives everything."""
        with self._changed:
            return News(
                self._revision,
                tuple(self._phones.values()),
                tuple(self._numbers.items()),
                tuple((*ends, serial) for ends, serial in self._read.items()),
                tuple(_newer(self._messages.values(), since)),
                tuple(note for note in self._notes if note.revision > since),
                tuple(sid for revision, sid in self._removed if revision > since),
            )

    def wait_for_news(self, since: int, timeout: float) -> bool:
        """Wait until something changes after a revision. False when time is up or all is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._revision > since, timeout)
            return not self._closed and self._revision > since

    @contextmanager
    def watched(self) -> Iterator[None]:
        """A page is open for as long as the block."""
        with self._changed:
            self._pages += 1
        try:
            yield
        finally:
            with self._changed:
                self._pages -= 1

    @property
    def has_page(self) -> bool:
        """Whether a page is open."""
        return self._pages > 0

    @property
    def closed(self) -> bool:
        """Whether the carrier is shutting down."""
        return self._closed

    def close(self) -> None:
        """Send everyone home who waits for news."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


def _newer(messages: Iterable[Message], since: int) -> list[Message]:
    return [message for message in messages if message.revision > since]
