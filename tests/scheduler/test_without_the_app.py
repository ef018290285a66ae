"""The web app is away while the worker makes calls: another host speaks, and nobody is lost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from appointment_csv import Channel
from emulator import Pickup
from flows.library import default_library
from scheduler.dispatch import CallDesk
from scheduler.outcomes import RECEIPT
from tests.support.emulator import FakeApp
from tests.support.processes import free_port
from tests.support.workers import DUE, running_worker
from tests.support.world import CLINIC_NUMBER, World
from voice.render import line_down

PATIENT = "+18285550173"
BY_CALL: dict[str, Any] = {"channel": Channel.VOICE, "voice_consent": True}
HALF_AN_HOUR = dt.timedelta(minutes=30)


@pytest.fixture
def backup(calling: World) -> Iterator[FakeApp]:
    """The other host; the app itself is not reached by anything that the carrier asks."""
    with FakeApp(speak=lambda _: line_down(default_library(), calling.profile)) as running:
        away = f"http://127.0.0.1:{free_port()}/voice"
        desk = CallDesk(away, CLINIC_NUMBER, f"{running.url}/{{clinic}}.xml")
        calling.dispatcher = replace(calling.dispatcher, desk=desk)
        yield running


@pytest.mark.parametrize("by", ["human", "machine"])
def test_it_is_asked_with_the_clinics_name_in_its_address(
    calling: World, backup: FakeApp, by: str
) -> None:
    calling.carrier.set_pickup(PATIENT, Pickup(by=by))
    calling.book(**BY_CALL)
    calling.dispatch(DUE)
    (call,) = calling.carrier.calls()
    assert call.ending == "hangup"
    assert "This is ARA Health." in call.heard[0].text
    assert [post.path for post in backup.posts] == ["/ara-health.xml"]


def test_the_reminder_is_told_again_and_in_the_end_a_person_phones(
    calling: World, backup: FakeApp
) -> None:
    visit = calling.book(**BY_CALL)
    moment = DUE
    for attempt in (1, 2, 3):
        calling.dispatch(moment)
        row = calling.reminders(visit)["week_before"]
        assert (row.status, row.attempts) == ("sent", attempt)
        calling.settle(moment + RECEIPT)
        moment += RECEIPT + HALF_AN_HOUR
    row = calling.reminders(visit)["week_before"]
    assert (row.status, row.reason) == ("failed", "not_answered")
    assert [task.reason for task in calling.tasks()] == ["not_answered"]
    assert len(calling.carrier.calls()) == len(backup.posts) == 3


def test_once_the_app_is_back_the_reminder_is_heard(calling: World, backup: FakeApp) -> None:
    there = CallDesk(f"{calling.settings.public_base_url}/voice", CLINIC_NUMBER)
    visit = calling.book(**BY_CALL)
    calling.dispatch(DUE)
    calling.settle(DUE + RECEIPT)
    calling.dispatcher = replace(calling.dispatcher, desk=there)
    calling.carrier.set_pickup(PATIENT, Pickup(by="human", script=("1",)))
    calling.dispatch(DUE + RECEIPT + HALF_AN_HOUR)
    assert calling.reminders(visit)["week_before"].status == "delivered"
    assert calling.appointment(visit).answer == "confirmed"
    assert calling.tasks() == []
    assert len(backup.posts) == 1


def test_a_worker_gives_the_address_of_its_settings(calling: World, backup: FakeApp) -> None:
    calling.book(**BY_CALL)
    env = {"VOICE_FALLBACK_URL": f"{backup.url}/calls/{{clinic}}"}
    env["PUBLIC_BASE_URL"] = f"http://127.0.0.1:{free_port()}"
    with running_worker(calling, DUE, "--once", env=env) as worker:
        assert worker.wait() == 0, worker.lines
    calling.carrier.wait_until_idle()
    assert [post.path for post in backup.posts] == ["/calls/ara-health"]
