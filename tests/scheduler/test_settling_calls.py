"""Calls whose fate is looked up at the carrier: lost answers, and ends that nobody reported."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from carrier.client import CarrierCall
from db.clinics import Clinics
from db.session import Database
from scheduler.clocks import wall_clock
from scheduler.settling import Settler
from tests.support.fake_carrier import FakeCarrier
from tests.support.ringing import PATIENT, TEN, Ringing

MINUTE, HOUR = dt.timedelta(minutes=1), dt.timedelta(hours=1)


@pytest.fixture
def ringing(database: Database) -> Ringing:
    """A patient whose first call has been asked for; its answer is not written down yet."""
    return Ringing.of(database).begin()


class OneCall(FakeCarrier):
    """A carrier that knows the calls it is given, or gives no answer."""

    def __init__(self, *known: CarrierCall) -> None:
        nothing: Callable[..., None] = lambda *_: None  # noqa: E731 - nothing happens
        super().__init__(lambda: TEN, nothing, nothing, nothing, nothing, lambda _: False)
        self.known = known

    def find_calls(self, to: str, made_after: dt.datetime) -> list[CarrierCall]:
        assert made_after.tzinfo is not None
        return [each for each in self.known if each.to == to]

    def fetch_call(self, sid: str) -> CarrierCall | None:
        return next((each for each in self.known if each.sid == sid), None)


def a_call(ringing: Ringing, sid: str, status: str, number: str | None = None) -> CarrierCall:
    from_number = number or ringing.profile.texting_number
    return CarrierCall(sid, PATIENT, from_number, status, None, TEN)


def settle(ringing: Ringing, carrier: OneCall, at: dt.datetime) -> None:
    ringing.now = at
    ringing.change(next_at=at)
    assert Settler(ringing.database, carrier, Clinics()).run(lambda: at) == 1


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("in-progress", ("sent", None)),
        ("odd", ("sent", None)),
        ("completed", ("planned", "not_answered")),
        ("busy", ("planned", "not_answered")),
        ("failed", ("planned", "not_answered")),
    ],
)
def test_a_lost_answer_is_settled_by_what_the_carrier_lists(
    ringing: Ringing, status: str, state: tuple[str, str | None]
) -> None:
    settle(ringing, OneCall(a_call(ringing, "CA1", status)), TEN + 6 * MINUTE)
    assert ringing.state() == state
    row = ringing.row()
    assert (row.token, row.attempts) == (None, 1)
    assert row.sid == ("CA1" if state[0] == "sent" else None)


def test_a_call_of_another_clinic_s_number_is_not_taken_for_ours(ringing: Ringing) -> None:
    ringing.change(started_at=wall_clock() - 3 * MINUTE)
    other = a_call(ringing, "CA9", "completed", number="+15155550120")
    settle(ringing, OneCall(other), TEN + 6 * MINUTE)
    assert ringing.state() == ("planned", None)
    assert ringing.events() == ["never_left"]


@pytest.mark.parametrize("is_known", [True, False], ids=["goes on for ever", "unknown to it"])
def test_a_call_whose_end_stays_unknown_is_not_taken_for_heard(
    ringing: Ringing, is_known: bool
) -> None:
    ringing.begin(status="sent", sid="CA1")
    carrier = OneCall(*([a_call(ringing, "CA1", "in-progress")] if is_known else []))
    settle(ringing, carrier, TEN + HOUR)
    assert ringing.state() == ("sent", None)
    settle(ringing, carrier, TEN + 3 * HOUR)
    assert ringing.state() == ("failed", "in_doubt")
    assert [task.reason for task in ringing.tasks()] == ["in_doubt"]
