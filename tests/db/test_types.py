"""Moments come back as they went in, on both databases, and sort as moments do."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import StatementError

from db.models import WorkerBeat
from db.session import Database
from db.types import UtcDateTime

DIALECTS = [make_url(name).get_dialect()() for name in ("sqlite://", "postgresql://")]
NEW_YORK = ZoneInfo("America/New_York")
MOMENTS = [
    dt.datetime(2026, 11, 1, 1, 30, tzinfo=NEW_YORK),  # the clocks go back: once this early,
    dt.datetime(2026, 11, 1, 1, 30, tzinfo=NEW_YORK, fold=1),  # and once an hour later
    dt.datetime(2027, 3, 14, 3, 0, tzinfo=NEW_YORK),
    dt.datetime(2026, 11, 1, 5, 45, 30, 250_001, tzinfo=dt.UTC),
    dt.datetime(2026, 11, 1, 11, 15, tzinfo=ZoneInfo("Asia/Kathmandu")),
    dt.datetime(2026, 11, 1, 0, 0, tzinfo=dt.timezone(dt.timedelta(hours=-12))),
    dt.datetime(1999, 12, 31, 23, 59, 59, 999_999, tzinfo=dt.UTC),
]


def store(database: Database, moments: list[dt.datetime]) -> None:
    with database.transaction() as session:
        for number, moment in enumerate(moments):
            session.add(WorkerBeat(worker=str(number), started_at=moment, beat_at=moment))


def test_a_moment_comes_back_as_the_same_moment_in_utc(database: Database) -> None:
    store(database, MOMENTS)
    with database.reading() as session:
        for number, moment in enumerate(MOMENTS):
            beat = session.get_one(WorkerBeat, str(number))
            assert beat.beat_at == moment.astimezone(dt.UTC)
            assert beat.beat_at.tzinfo is dt.UTC


def test_moments_sort_and_compare_as_moments(database: Database) -> None:
    store(database, MOMENTS)
    in_order = sorted(moment.astimezone(dt.UTC) for moment in MOMENTS)
    with database.reading() as session:
        by_time = select(WorkerBeat.beat_at).order_by(WorkerBeat.beat_at)
        assert session.scalars(by_time).all() == in_order
        for moment in MOMENTS:
            before = session.scalars(by_time.where(WorkerBeat.beat_at < moment)).all()
            assert before == [each for each in in_order if each < moment]


def test_a_moment_without_a_zone_is_refused(database: Database) -> None:
    naive = dt.datetime.fromisoformat("2026-11-01T01:30")
    with pytest.raises(StatementError, match="needs a time zone"):
        store(database, [MOMENTS[0], naive])
    with database.reading() as session:
        assert session.scalars(select(WorkerBeat)).all() == []


EARLIEST = dt.datetime.fromisoformat("1900-01-02")
LATEST = dt.datetime.fromisoformat("9999-12-30")


@given(st.datetimes(EARLIEST, LATEST, timezones=st.timezones()))
def test_any_moment_survives_either_database(moment: dt.datetime) -> None:
    column = UtcDateTime()
    for dialect in DIALECTS:
        stored = column.process_bind_param(moment, dialect)
        back = column.process_result_value(stored, dialect)
        assert stored is not None
        assert (stored.tzinfo is None) is (dialect.name == "sqlite")
        assert back == moment.astimezone(dt.UTC)
        assert back.tzinfo is dt.UTC


def test_no_moment_is_no_moment() -> None:
    for dialect in DIALECTS:
        assert UtcDateTime().process_bind_param(None, dialect) is None
        assert UtcDateTime().process_result_value(None, dialect) is None
