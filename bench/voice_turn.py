"""A turn of a call through the real app, beside a text with the same key.

Both sides are asked as `bench.turn` asks them, one request after the other in one thread.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Final

from sqlalchemy import func, select

from app import create_app
from bench.callers import Callers
from bench.measure import Figure, Limit, Scale, Target, alternate, ratios
from bench.places import Place, places
from bench.texts import MENU_KEYS, Patients, settings_for
from bench.turn import Side
from db.call_models import CallTurnRow
from db.models import InboundText
from db.session import Database

LANE: Final = "voice turn"
TARGET: Final = Target(Limit.AT_MOST, 1.2)
_CALL: Final = "turn of a call"
_TEXT: Final = "turn by text"


def measure(scale: Scale) -> Iterator[Figure]:
    """The figures of this lane on every kind of database that is there."""
    with places() as found:
        for place in found:
            yield from _measure_at(place, scale)


def _measure_at(place: Place, scale: Scale) -> Iterator[Figure]:
    name = f"{place.name}: {_CALL} / {_TEXT}"
    if place.fresh is None:
        yield Figure(LANE, name, "ratio", (), TARGET, f"{place.name} {place.note}")
        return
    with ExitStack() as until_the_end:
        settings = [settings_for(until_the_end.enter_context(place.fresh())) for _ in range(2)]
        apps = [create_app(each) for each in settings]
        databases: list[Database] = [app.extensions["prepline_database"] for app in apps]
        for database in databases:
            until_the_end.callback(database.close)
        callers = Callers(scale.phones, MENU_KEYS, settings[0])
        callers.begin(apps[0])
        patients = Patients(scale.phones, MENU_KEYS, settings[1])
        sides = {
            _CALL: Side(apps[0], callers, scale.requests, b"<Gather "),
            _TEXT: Side(apps[1], patients, scale.requests),
        }
        means = alternate({side: each.answer_some for side, each in sides.items()}, scale)
        _check_stored(databases, list(sides.values()), scale.phones)
    yield Figure(LANE, name, "ratio", ratios(means[_CALL], means[_TEXT]), TARGET, place.note)
    for side, each in sides.items():
        yield Figure(LANE, f"{place.name}: {side}, mean", "ms", means[side])
        yield Figure(LANE, f"{place.name}: {side}, p99", "ms", each.p99(scale.passes))


def _check_stored(databases: list[Database], sides: list[Side], phones: int) -> None:
    """Both sides must have stored every turn, the calls their greetings besides."""
    wanted = (sides[0].answered() + phones, sides[1].answered())
    tables = (CallTurnRow.__table__, InboundText.__table__)
    for database, table, turns in zip(databases, tables, wanted, strict=True):
        with database.engine.connect() as connection:
            stored = connection.scalar(select(func.count()).select_from(table))
        if stored != turns:
            raise RuntimeError(f"{turns} turns were answered and {stored} were stored")
