"""A whole turn through the real app, beside a bare route that checks, stores and commits.

Both are called as WSGI apps, one request after the other in one thread, with the same signed forms,
the same signature checker and the same database settings; making the requests is not timed.
"""

from __future__ import annotations

import gc
import statistics
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain
from time import perf_counter_ns, thread_time_ns
from typing import Final, Protocol

from flask import Flask, Response, abort, request
from sqlalchemy import Column, Integer, MetaData, Table, Text, func, insert, select
from werkzeug.test import run_wsgi_app

from app import create_app
from bench.measure import Figure, Limit, Rounds, Scale, Target, alternate, by_round, ratios
from bench.places import Place, places
from bench.texts import MENU_KEYS, Environ, Patients, settings_for
from carrier.signature import SIGNATURE_HEADER, SignatureChecker, signed_target
from db.models import InboundText
from db.session import Database
from settings import Settings

LANE: Final = "turn"
TARGET: Final = Target(Limit.AT_MOST, 2.0)
_TURN: Final = "whole signed turn"
_BARE: Final = "bare route"
_BARE_TEXT: Final = Table(
    "bare_text",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("sid", Text),
    Column("sender", Text),
    Column("body", Text),
)
_TWIML: Final = (
    '<?xml version="1.0" encoding="UTF-8"?><Response><Message>Thank you.</Message></Response>'
)


def measure(scale: Scale) -> Iterator[Figure]:
    """The figures of this lane on every kind of database that is there."""
    with places() as found:
        for place in found:
            yield from _measure_at(place, scale)


class Requests(Protocol):
    """Patients who keep asking."""

    def signed_texts(self, count: int) -> list[Environ]:
        """The next requests, as a WSGI server hands them over."""


@dataclass(slots=True)
class Side:
    """One app and its patients, whom it answers with a document that has `answer` in it.

    `times` holds the milliseconds of each request, by pass; `cpu` the mean milliseconds that this
    process computed for one, by pass: without the disk, a database server, and other programs.
    """

    app: Flask
    patients: Requests
    requests: int
    answer: bytes = b"<Message>"
    times: list[list[float]] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def answer_some(self) -> float:
        """Answer a pass of requests; the mean milliseconds of one."""
        first, *waiting = self.patients.signed_texts(self.requests + 1)
        gc.collect()
        _timed(
            self.app, first, self.answer
        )  # not counted: it pays for what the other side left in the caches
        start = thread_time_ns()
        taken = [_timed(self.app, environ, self.answer) for environ in waiting]
        self.cpu.append((thread_time_ns() - start) / 1e6 / self.requests)
        self.times.append(taken)
        return statistics.fmean(taken)

    def answered(self) -> int:
        """How many requests were answered, counted or not."""
        return sum(len(taken) + 1 for taken in self.times)

    def mean_cpu(self, passes: int) -> Rounds:
        """The milliseconds of computing that a request takes, by round."""
        return tuple(map(statistics.fmean, by_round(self.cpu, passes)[1:]))

    def p99(self, passes: int) -> Rounds:
        """The milliseconds of each round that one request in a hundred takes longer than."""
        rounds = by_round(self.times, passes)[1:]
        return tuple(statistics.quantiles(chain(*each), n=100)[98] for each in rounds)


def _measure_at(place: Place, scale: Scale) -> Iterator[Figure]:
    name = f"{place.name}: {_TURN} / {_BARE}"
    if place.fresh is None:
        yield Figure(LANE, name, "ratio", (), TARGET, f"{place.name} {place.note}")
        return
    with ExitStack() as until_the_end:
        settings = [settings_for(until_the_end.enter_context(place.fresh())) for _ in range(2)]
        databases = [Database(each.database_url) for each in settings]
        for database in databases:
            until_the_end.callback(database.close)
        whole = create_app(settings[0])
        until_the_end.callback(whole.extensions["prepline_database"].close)
        apps = {_TURN: whole, _BARE: bare_app(settings[1], databases[1])}
        sides = {
            side: Side(app, Patients(scale.phones, MENU_KEYS, each), scale.requests)
            for (side, app), each in zip(apps.items(), settings, strict=True)
        }
        means = alternate({side: each.answer_some for side, each in sides.items()}, scale)
        _check_stored(databases, sides.values())
    yield Figure(LANE, name, "ratio", ratios(means[_TURN], means[_BARE]), TARGET, place.note)
    cpu = {side: each.mean_cpu(scale.passes) for side, each in sides.items()}
    computing = f"{name}, computing alone"
    yield Figure(LANE, computing, "ratio", ratios(cpu[_TURN], cpu[_BARE]))
    for side, each in sides.items():
        yield Figure(LANE, f"{place.name}: {side}, mean", "ms", means[side])
        yield Figure(LANE, f"{place.name}: {side}, p99", "ms", each.p99(scale.passes))


def _timed(app: Flask, environ: Environ, wanted: bytes) -> float:
    """Milliseconds from the server's call to the last byte of the answer."""
    start = perf_counter_ns()
    body, status, _ = run_wsgi_app(app, environ, buffered=True)
    taken = (perf_counter_ns() - start) / 1e6
    answer = b"".join(body)
    if not status.startswith("200") or wanted not in answer:
        raise RuntimeError(f"a request was answered with {status}; the figures would mean nothing")
    return taken


def bare_app(settings: Settings, database: Database) -> Flask:
    """The least that a webhook must do: check the signature, insert one row, commit, answer."""
    bare = Flask("bare", static_folder=None)
    checker = SignatureChecker(settings.public_base_url, settings.auth_tokens)
    _BARE_TEXT.create(database.engine)

    @bare.post("/sms/inbound")
    def inbound() -> Response:
        path, query = signed_target(request.environ)
        form = request.form
        if not checker.is_genuine(path, query, form, request.headers.get(SIGNATURE_HEADER)):
            abort(403)
        row = {"sid": form["MessageSid"], "sender": form["From"], "body": form["Body"]}
        with database.engine.begin() as connection:
            connection.execute(insert(_BARE_TEXT), row)
        return Response(_TWIML, mimetype="text/xml")

    return bare


def _check_stored(databases: Iterable[Database], sides: Iterable[Side]) -> None:
    """Both sides must have stored every text: an answer alone would be too easy."""
    tables = (InboundText.__table__, _BARE_TEXT)
    for database, table, side in zip(databases, tables, sides, strict=True):
        with database.engine.connect() as connection:
            stored = connection.scalar(select(func.count()).select_from(table))
        if stored != side.answered():
            raise RuntimeError(f"{side.answered()} texts were answered and {stored} were stored")
