"""Slots of a sender are evenly spaced, whoever takes them; a stopped line is tried now and then."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import pairwise

import pytest

from db.lines import (
    ACCOUNT,
    Refusal,
    Stop,
    give_back,
    start_lines,
    stop_line,
    stopped_lines,
    take_probe,
    take_slots,
)
from db.session import Database
from tests.support.csv_files import NOW

SENDER = "sender:+18285550110"
SECOND = dt.timedelta(seconds=1)
MINUTE = dt.timedelta(minutes=1)


def slots(
    database: Database, want: int, now: dt.datetime = NOW, rate: float = 4.0, sender: str = SENDER
) -> list[dt.datetime]:
    with database.connection() as connection:
        return list(take_slots(connection, sender, rate, want, 2 * SECOND, now))


def test_slots_are_evenly_spaced_and_go_on_where_the_last_ones_ended(database: Database) -> None:
    assert slots(database, 3) == [NOW, NOW + SECOND / 4, NOW + SECOND / 2]
    assert slots(database, 1) == [NOW + SECOND * 3 / 4]
    assert slots(database, 1, sender="sender:default") == [NOW]


def test_no_slot_lies_further_ahead_than_asked(database: Database) -> None:
    assert len(slots(database, 100)) == 9
    assert slots(database, 100) == []
    assert slots(database, 100, NOW + SECOND / 4) == [NOW + SECOND * 9 / 4]


def test_time_in_which_nothing_was_sent_is_not_made_up_for(database: Database) -> None:
    slots(database, 1)
    assert slots(database, 2, NOW + MINUTE) == [NOW + MINUTE, NOW + MINUTE + SECOND / 4]


@pytest.mark.parametrize("rate", [0.1, 1.0])
def test_a_slow_sender_has_one_slot_at_least(database: Database, rate: float) -> None:
    assert slots(database, 40, rate=rate)[0] == NOW
    later = NOW + SECOND / rate
    assert slots(database, 1, later - 2 * SECOND - SECOND / 10, 0.1) == []


def test_slots_that_were_not_needed_are_free_again(database: Database) -> None:
    with database.connection() as connection:
        taken = take_slots(connection, SENDER, 4.0, 4, 2 * SECOND, NOW)
        give_back(connection, SENDER, taken[1:])
        give_back(connection, SENDER, [])
    assert slots(database, 1) == [taken[1]]


def test_workers_share_the_pace(database: Database) -> None:
    """Two connections for each database, and a clock that goes on while they ask."""
    rate, seconds = 20.0, 3

    def work(own: Database) -> list[dt.datetime]:
        moments = [NOW + SECOND * tenth / 10 for tenth in range(seconds * 10)]
        return [slot for now in moments for slot in slots(own, 3, now, rate)]

    with closing(Database(database.url)) as other, ThreadPoolExecutor(2) as pool:
        taken = sorted(slot for part in pool.map(work, [database, other]) for slot in part)
    assert len(set(taken)) == len(taken) > rate * seconds
    gaps = [after - before for before, after in pairwise(taken)]
    assert min(gaps) >= SECOND / rate
    for first in taken:
        in_a_second = [slot for slot in taken if first <= slot <= first + SECOND]
        assert len(in_a_second) <= rate + 1


def stops(database: Database) -> list[Stop]:
    with database.connection() as connection:
        return list(stopped_lines(connection))


def stop(database: Database, now: dt.datetime, line: str = ACCOUNT, code: int = 20003) -> bool:
    with database.connection() as connection:
        return stop_line(connection, Refusal(line, "account", code, by_report=False), now)


def test_a_line_is_stopped_once_and_keeps_since_when_and_why(database: Database) -> None:
    assert stop(database, NOW)
    assert not stop(database, NOW + SECOND, code=30002)
    expected = Stop(ACCOUNT, NOW, 20003, "account", False, NOW + SECOND + MINUTE)
    assert stops(database) == [expected]


def test_a_stopped_line_is_tried_once_a_minute_by_one_worker(database: Database) -> None:
    stop(database, NOW)
    [stopped] = stops(database)
    with closing(Database(database.url)) as other:
        for minute in (1, 2, 3):
            now = NOW + minute * MINUTE
            taken = []
            for moment in (now - SECOND, now, now + SECOND):
                for each in (database, other):
                    with each.connection() as connection:
                        taken.append(take_probe(connection, stopped, moment))
            assert taken == [False, False, True, False, False, False]


def test_lines_start_again(database: Database) -> None:
    stop(database, NOW)
    stop(database, NOW, SENDER)
    with database.connection() as connection:
        assert start_lines(connection, [ACCOUNT, "sender:default"]) == 1
    assert [each.line for each in stops(database)] == [SENDER]
    assert stop(database, NOW)
