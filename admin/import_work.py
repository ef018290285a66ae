"""A file on its way in: read, tried out, checked again, applied; a few seconds at a time.

A file of any size is worked through by short requests, each of which goes on where the last one
stopped, so that none times out and the page can say how far it is.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from enum import StrEnum
from time import monotonic
from typing import Final

import msgspec
from sqlalchemy.orm import Session

from admin.site import Site
from appointment_csv import AppointmentRow, CsvResult
from appointment_import import Outcome, import_and_tell, pieces, try_out
from db.data_models import ImportDraft
from db.import_drafts import advance, take_place
from flows.library import default_library
from profiles import Profile


class Stage(StrEnum):
    """What is being done with a file; between `shown` and `checking` a person decides."""

    LOOKING = "looking"
    SHOWN = "shown"
    CHECKING = "checking"
    APPLYING = "applying"
    APPLIED = "applied"


AT_WORK: Final = frozenset({Stage.LOOKING, Stage.CHECKING, Stage.APPLYING})


class Problem(msgspec.Struct, frozen=True):
    """What is wrong with a cell, or with the row where `column` is empty."""

    column: str
    what: str
    instead: str


class BadRow(msgspec.Struct, frozen=True):
    """A row that can't be used: its cells by column, as far as they are known, and why."""

    row: int
    cells: dict[str, str]
    problems: list[Problem]


class Bad(msgspec.Struct, frozen=True):
    """All bad rows of a file, and what else is to be said about it."""

    rows: list[BadRow]
    notes: list[str]


class _Numbered(msgspec.Struct):
    """What a row is found by."""

    row: int


_encode: Final = msgspec.json.Encoder().encode
_decode_numbers: Final = msgspec.json.Decoder(list[_Numbered]).decode
_decode_raw: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_row: Final = msgspec.json.Decoder(AppointmentRow).decode
_decode_rows: Final = msgspec.json.Decoder(list[AppointmentRow]).decode
_decode_bad: Final = msgspec.json.Decoder(Bad).decode
_decode_outcomes: Final = msgspec.json.Decoder(list[Outcome]).decode
Applied = Callable[[Session, Sequence[Outcome]], None]


def new_draft(
    staff_id: int, name: str, raw: bytes, result: CsvResult, now: dt.datetime
) -> ImportDraft:
    """A draft of a file that was read, not stored yet."""
    problems: dict[int, list[Problem]] = {}
    for each in result.problems:
        problem = Problem(each.column, each.what, each.instead)
        problems.setdefault(each.row, []).append(problem)
    bad = Bad(
        rows=[BadRow(row, dict(result.bad_cells.get(row, {})), problems[row]) for row in problems],
        notes=[str(note) for note in result.notes],
    )
    return ImportDraft(
        staff_id=staff_id,
        name=name,
        sha256=hashlib.sha256(raw).hexdigest(),
        rows=_packed(result.rows),
        bad=_packed(bad),
        outcomes=_packed([]),
        stage=Stage.LOOKING if result.rows else Stage.SHOWN,
        position=0,
        has_moved_on=False,
        made_at=now,
        applied_at=None,
    )


def rows_of(draft: ImportDraft) -> list[AppointmentRow]:
    """The good rows of a draft."""
    return _decode_rows(_unpacked(draft.rows))


def rows_numbered(draft: ImportDraft, numbers: Collection[int]) -> dict[int, AppointmentRow]:
    """The good rows of a draft that have these numbers; the others are passed over unread."""
    raw = _unpacked(draft.rows)
    found = zip(_decode_numbers(raw), _decode_raw(raw), strict=True)
    return {each.row: _decode_row(text) for each, text in found if each.row in numbers}


def bad_of(draft: ImportDraft) -> Bad:
    """The bad rows of a draft."""
    return _decode_bad(_unpacked(draft.bad))


def outcomes_of(draft: ImportDraft) -> list[Outcome]:
    """What is shown of a draft's good rows, piece by piece; all of them once it is shown."""
    return _decode_outcomes(_unpacked(draft.outcomes))


def stored_outcomes(outcomes: Sequence[Outcome]) -> bytes:
    """Outcomes as a draft keeps them."""
    return _packed(outcomes)


def _packed(values: object) -> bytes:
    """As JSON, a fifth of its size: a large file is read at every look at it."""
    return zlib.compress(_encode(values), level=1)


def _unpacked(stored: bytes) -> bytes:
    return zlib.decompress(stored)


def mark_of(draft: ImportDraft) -> str:
    """Names exactly what is shown of a draft: a form sends it back."""
    return hashlib.sha256(draft.outcomes).hexdigest()[:16]


def go_on(site: Site, draft: ImportDraft, seconds: float, applied: Applied) -> None:
    """Work on a draft for some seconds, or until a person has to look at it.

    `applied` is called in the transaction that applies the last piece. Somebody who goes on with
    the same draft at the same moment does no harm: what is applied is applied once.
    """
    with site.database.reading() as session:
        profiles = site.clinics.all(session)
    work = _Work(site, draft, profiles, applied)
    until = monotonic() + seconds
    while work.stage in AT_WORK and monotonic() < until and work.step():
        pass
    work.save()


class _Work:
    """One slice of work on a draft. What is only tried out is stored at its end; what is applied
    is stored with the piece that it belongs to."""

    def __init__(
        self, site: Site, draft: ImportDraft, profiles: Mapping[str, Profile], applied: Applied
    ) -> None:
        self._site, self._draft_id, self._applied = site, draft.id, applied
        self._profiles = profiles
        self._pieces = pieces(rows_of(draft)) if draft.stage in AT_WORK else []
        self._outcomes = outcomes_of(draft)
        self.stage, self._position = Stage(draft.stage), draft.position
        self._stored = (self.stage, self._position)
        self._has_moved_on = draft.has_moved_on

    def step(self) -> bool:
        """Do one piece; false if somebody else is at work on the draft."""
        match self.stage:
            case Stage.LOOKING:
                self._look()
            case Stage.CHECKING:
                self._check()
            case _:
                return self._apply()
        return True

    def _try_out(self) -> list[Outcome]:
        piece = self._pieces[self._position]
        site = self._site
        return try_out(site.database, self._profiles, default_library(), piece, site.clock())

    def _look(self) -> None:
        self._outcomes += self._try_out()
        self._position += 1
        if self._position == len(self._pieces):
            self.stage, self._position = Stage.SHOWN, 0

    def _check(self) -> None:
        """Is what was shown still what would happen?"""
        if self._try_out() != self._shown():
            self._start_anew()
            return
        self._position += 1
        if self._position == len(self._pieces):
            self.stage, self._position = Stage.APPLYING, 0
            self.save()

    def _apply(self) -> bool:
        """Apply a piece if it does what was shown; else what is left is shown anew."""
        piece, now = self._pieces[self._position], self._site.clock()
        is_last = self._position + 1 == len(self._pieces)
        with self._site.database.transaction() as session:
            if not take_place(session, self._draft_id, self.stage, self._position):
                self._stored = (Stage.APPLIED, -1)  # nothing of ours is to be stored
                return False
            done = import_and_tell(session, self._profiles, default_library(), piece, now)
            if done != self._shown():
                session.rollback()
                self._start_anew()
                return True
            self._position += 1
            if is_last:
                self.stage = Stage.APPLIED
                empty = {"rows": _packed([]), "applied_at": now}
                self._applied(session, self._outcomes)
            else:
                empty = {}
            advance(session, self._draft_id, stage=self.stage, position=self._position, **empty)
        self._stored = (self.stage, self._position)
        return True

    def _shown(self) -> list[Outcome]:
        start = sum(len(piece) for piece in self._pieces[: self._position])
        return self._outcomes[start : start + len(self._pieces[self._position])]

    def _start_anew(self) -> None:
        self.stage, self._position = Stage.LOOKING, 0
        self._outcomes, self._has_moved_on = [], True

    def save(self) -> None:
        """Store how far it is, unless somebody else got further meanwhile."""
        here = (self.stage, self._position)
        if here == self._stored:
            return
        with self._site.database.transaction() as session:
            if take_place(session, self._draft_id, *self._stored):
                advance(
                    session,
                    self._draft_id,
                    stage=self.stage,
                    position=self._position,
                    outcomes=_packed(self._outcomes),
                    has_moved_on=self._has_moved_on,
                )
        self._stored = here
