"""Sending due reminders: the dispatcher with all its bookkeeping, beside a bare loop of requests.

Both sides send by the same client to the same local carrier, from as many threads, in one process.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Final

from bench.filling import NOW, analyse, fill_due
from bench.measure import Figure, Limit, Scale, Target, alternate, ratios, seconds
from bench.places import Place, fast_sender, places
from bench.stub_carrier import StubCarrier, stub_carrier
from carrier.client import CarrierClient, OutgoingText, Sender
from carrier.outcome import Accepted, SendOutcome
from db.clinics import Clinics
from db.session import Database
from flows.library import default_library
from scheduler.dispatch import Dispatcher

LANE: Final = "dispatch"
TARGET: Final = Target(Limit.AT_LEAST, 0.8)
THREADS: Final = 8  # as many as the worker has
CALLBACK: Final = "https://bench.example/sms/status"
_DISPATCHER: Final = "dispatcher"
_BARE: Final = "bare loop"


def measure(scale: Scale) -> Iterator[Figure]:
    """The figures of this lane on every kind of database that is there."""
    with places() as found, stub_carrier() as carrier:
        for place in found:
            yield from _measure_at(place, carrier, scale)


def client_of(carrier: StubCarrier) -> CarrierClient:
    """A client that sends to the local carrier."""
    sender = Sender("+18285550110")
    return CarrierClient("AC" + "0" * 32, "a token", carrier.url, default_sender=sender)


def dispatcher_of(database: Database, client: CarrierClient) -> Dispatcher:
    """A dispatcher as the worker has it."""
    return Dispatcher(database, client, default_library(), Clinics(), CALLBACK, threads=THREADS)


@dataclass(slots=True)
class _Sending:
    """One database's due reminders, and a client that both sides send by."""

    database: Database
    client: CarrierClient
    texts: int
    stored: int = 0

    def dispatch(self) -> float:
        """Seconds in which the dispatcher sends a pass of reminders."""
        fill_due(self.database, self.stored + 1, self.texts)
        self.stored += self.texts
        if self.stored == self.texts:
            analyse(self.database)
        dispatcher = dispatcher_of(self.database, self.client)
        sent: list[int] = []
        taken = seconds(lambda: sent.append(dispatcher.run(lambda: NOW)))
        if sent != [self.texts]:
            raise RuntimeError(f"{sent} reminders were taken up and not {self.texts}")
        return taken

    def send_bare(self) -> float:
        """Seconds in which a loop over the client sends as many texts of the same length."""
        waiting = [self._text(number) for number in range(self.texts)]
        with ThreadPoolExecutor(THREADS) as pool:
            outcomes: list[SendOutcome] = []
            taken = seconds(lambda: outcomes.extend(pool.map(self.client.send_text, waiting)))
        if not all(isinstance(each, Accepted) for each in outcomes):
            raise RuntimeError("the local carrier did not accept every text")
        return taken

    def _text(self, number: int) -> OutgoingText:
        return OutgoingText("+18285550173", "x" * 300, None, f"{CALLBACK}?n={number}", 36_000)


def _measure_at(place: Place, carrier: StubCarrier, scale: Scale) -> Iterator[Figure]:
    name = f"{place.name}: rate of the {_DISPATCHER} / of a {_BARE}"
    if place.fresh is None:
        yield Figure(LANE, name, "ratio", (), TARGET, f"{place.name} {place.note}")
        return
    before = carrier.texts()
    with ExitStack() as until_the_end:
        database = Database(until_the_end.enter_context(place.fresh()), pool_size=THREADS + 2)
        until_the_end.callback(database.close)
        fast_sender(database)
        client = client_of(carrier)
        until_the_end.callback(client.close)
        sending = _Sending(database, client, scale.texts)
        sides = {_DISPATCHER: sending.dispatch, _BARE: sending.send_bare}
        # A pass is long enough for a steady figure by itself; more of them would take minutes.
        found = alternate(sides, replace(scale, passes=1))
        _check(carrier.texts() - before, sending)
    yield Figure(LANE, name, "ratio", ratios(found[_BARE], found[_DISPATCHER]), TARGET, place.note)
    for side, taken in found.items():
        rates = tuple(scale.texts / each for each in taken)
        yield Figure(LANE, f"{place.name}: {side}", "texts/s", rates)


def _check(texts: Counter[int], sending: _Sending) -> None:
    """Every reminder came to the carrier once."""
    named = {reminder: count for reminder, count in texts.items() if reminder}
    if named != dict.fromkeys(range(1, sending.stored + 1), 1):
        raise RuntimeError(f"{sending.stored} reminders became {sum(named.values())} texts")
