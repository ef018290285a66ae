"""Threads that make requests: every job ends once, and nothing that goes wrong is swallowed."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import closing

import pytest

from scheduler.senders import Senders


def test_every_job_is_done_once() -> None:
    senders: Senders[int, int] = Senders(4, lambda number: number * 2)
    done: list[int] = []
    with closing(senders):
        senders.give(range(200))
        while senders.under_way:
            done += senders.collect(30, 60.0, 0.01)
    assert Counter(done) == Counter(range(0, 400, 2))


def test_jobs_run_beside_each_other() -> None:
    both = threading.Barrier(2, timeout=60)
    senders: Senders[int, int] = Senders(2, lambda _: both.wait())
    with closing(senders):
        senders.give([1, 2])
        assert len(senders.collect(2, 60.0, 60.0)) == 2


def test_nothing_comes_while_a_job_runs() -> None:
    go_on = threading.Event()
    senders: Senders[int, bool] = Senders(1, lambda _: go_on.wait(60))
    with closing(senders):
        senders.give([1])
        assert senders.collect(1, 0.01, 0.01) == []
        assert senders.under_way == 1
        go_on.set()
        assert senders.collect(1, 60.0, 0.01) == [True]
        assert senders.under_way == 0


def test_what_a_job_raises_is_raised_where_it_is_collected() -> None:
    senders: Senders[int, float] = Senders(1, lambda number: 1 / number)
    with closing(senders):
        senders.give([0, 1])
        with pytest.raises(ZeroDivisionError):
            senders.collect(2, 60.0, 60.0)
        assert senders.collect(1, 60.0, 0.01) == [1.0]


def test_closing_waits_for_the_jobs_that_were_given() -> None:
    done: list[int] = []
    senders: Senders[int, None] = Senders(2, done.append)
    senders.give(range(50))
    senders.close()
    assert sorted(done) == list(range(50))
