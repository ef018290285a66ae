"""Listening to a voice message on the site: who may, what a player gets, what goes wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from html import unescape

import pytest
import requests
from playwright.sync_api import Page, expect
from sqlalchemy import select
from structlog.testing import capture_logs

from app import create_app
from db.call_models import Recording
from db.models import Audit, Task
from db.session import Database
from tests.support.csv_files import NOW
from tests.support.queue_pages import texts
from tests.support.site import TestSite, page_problems
from tests.support.waiting import wait_until
from tests.support.web import StandingClock
from tests.support.world import CLINIC_NUMBER, World, running_world

PATIENT = "+18285550173"
Scene = tuple[World, TestSite]
BYTES = 44 + 5 * 2 * 8000
"""A file of five seconds, as the local carrier makes it."""


@contextmanager
def scene(database: Database) -> Iterator[Scene]:
    """An installation whose desk is busy, and the coordinators' site of the same."""
    with running_world(database, NOW) as world:
        clock = StandingClock(world.now)
        app = create_app(world.settings, clock)
        with closing(app.extensions["prepline_database"]):
            yield world, TestSite(app, database, clock, world.settings.public_base_url)


@pytest.fixture
def both(database: Database) -> Iterator[Scene]:
    """A scene on SQLite and on PostgreSQL."""
    with scene(database) as made:
        yield made


@pytest.fixture
def lite(sqlite_url: str) -> Iterator[Scene]:
    """A scene on SQLite alone."""
    with closing(Database(sqlite_url)) as database, scene(database) as made:
        yield made


def leave_message(world: World, caller: str = PATIENT) -> int:
    """A caller leaves five seconds; the task's key."""
    call = world.carrier.call(caller, CLINIC_NUMBER)
    call.presses("0").dial_ends("busy").presses("1").records(5)
    return world.tasks()[-1].id


def address(task: int, place: int = 1) -> str:
    return f"/admin/attention/{task}/voice-messages/{place}"


def sid_of(world: World) -> str:
    with world.database.reading() as session:
        return session.scalars(select(Recording.sid)).one()


def delete_at_carrier(world: World) -> None:
    account, token = world.settings.account_sid, world.settings.auth_tokens[0]
    path = f"/2010-04-01/Accounts/{account}/Recordings/{sid_of(world)}.json"
    assert requests.delete(world.carrier.url + path, auth=(account, token), timeout=5).ok


def audited(world: World) -> list[tuple[str, str | None, str]]:
    with world.database.reading() as session:
        rows = session.scalars(select(Audit).order_by(Audit.id))
        return [(row.action, row.entity_id, row.detail) for row in rows]


class TestAPlayer:
    @pytest.mark.parametrize("caller", [PATIENT, "anonymous"])
    def test_the_task_s_page_has_one_that_gets_the_sound(self, both: Scene, caller: str) -> None:
        world, site = both
        task = leave_message(world, caller)
        visitor = site.visitor()
        page = visitor.get(f"/admin/attention/{task}").text
        found = re.search(r'<audio controls preload="none" src="([^"]+)"', page)
        assert found
        assert unescape(found[1]) == address(task)
        assert "5 seconds" in page
        answer = visitor.get(found[1])
        assert (answer.status_code, answer.content_type) == (200, "audio/x-wav")
        assert (answer.content_length, len(answer.data)) == (BYTES, BYTES)
        assert answer.headers["Accept-Ranges"] == "bytes"
        assert answer.headers["Cache-Control"] == "no-store"

    @pytest.mark.parametrize(
        ("wanted", "got", "size"),
        [
            ("bytes=0-1", f"bytes 0-1/{BYTES}", 2),
            ("bytes=100-", f"bytes 100-{BYTES - 1}/{BYTES}", BYTES - 100),
            ("bytes=-44", f"bytes {BYTES - 44}-{BYTES - 1}/{BYTES}", 44),
        ],
    )
    def test_it_may_ask_for_a_part(self, lite: Scene, wanted: str, got: str, size: int) -> None:
        world, site = lite
        task = leave_message(world)
        answer = site.visitor().get(address(task), {"Range": wanted})
        assert (answer.status_code, answer.headers["Content-Range"]) == (206, got)
        assert len(answer.data) == size

    def test_a_part_that_is_not_there(self, lite: Scene) -> None:
        world, site = lite
        task = leave_message(world)
        visitor = site.visitor()
        assert visitor.get(address(task), {"Range": "bytes=999999-"}).status_code == 416

    def test_several_messages_of_one_call_stay_apart(self, both: Scene) -> None:
        world, site = both
        task = leave_message(world)
        with world.database.transaction() as session:
            first = session.scalars(select(Recording)).one()
            sid = "RE" + "9" * 32
            session.add(Recording(sid=sid, call_sid=first.call_sid, url="", seconds=9, at=NOW))
        visitor = site.visitor()
        page = visitor.get(f"/admin/attention/{task}").text
        assert page.count("<audio") == 2
        contact = world.contact().id
        thread = visitor.get(f"/admin/contacts/{contact}/thread").text
        for place in (1, 2):
            assert page.count(f'src="{address(task, place)}"') == 1
            assert thread.count(f'src="{address(task, place)}"') == 1
        gone = [visitor.get(address(task, place)).status_code for place in (1, 2)]
        assert sorted(gone) == [200, 404]


class TestTheAudit:
    def test_it_tells_who_began_to_listen_once(self, both: Scene) -> None:
        world, site = both
        task = leave_message(world)
        visitor = site.visitor()
        for wanted in ("bytes=0-", "bytes=4096-", "bytes=70000-80000"):
            assert visitor.get(address(task), {"Range": wanted}).status_code == 206
        assert audited(world) == [("voice_message_played", str(task), "{}")]

    def test_a_page_with_a_player_is_no_listening(self, lite: Scene) -> None:
        world, site = lite
        task = leave_message(world)
        site.visitor().get(f"/admin/attention/{task}")
        assert [action for action, *_ in audited(world)] == ["task_viewed"]

    def test_an_attempt_in_vain_is_told_as_well(self, lite: Scene) -> None:
        world, site = lite
        task = leave_message(world)
        delete_at_carrier(world)
        site.visitor().get(address(task))
        assert [action for action, *_ in audited(world)] == ["voice_message_played"]


class TestNoSound:
    def test_one_that_was_deleted_at_the_phone_service(self, both: Scene) -> None:
        world, site = both
        task = leave_message(world)
        delete_at_carrier(world)
        answer = site.visitor().get(address(task))
        assert answer.status_code == 404
        assert "This voice message is gone" in answer.text
        assert "Phone the patient and ask what it was about." in answer.text

    def test_the_phone_service_does_not_answer(
        self, both: Scene, caplog: pytest.LogCaptureFixture
    ) -> None:
        world, site = both
        task = leave_message(world)
        sid = sid_of(world)
        with world.carrier.refusing(), capture_logs() as lines:
            answer = site.visitor().get(address(task))
        assert answer.status_code == 502
        assert "The voice message can't be fetched just now" in texts(answer.text)
        assert "The message itself is not lost by that." in answer.text
        assert [line["event"] for line in lines] == ["recording_not_fetched"]
        logged = f"{lines} {caplog.text}"
        for secret in (sid, "Recordings", world.settings.account_sid, PATIENT):
            assert secret not in logged
            assert secret not in answer.text

    @pytest.mark.parametrize("place", [0, 2, 10**9])
    def test_a_place_without_one(self, lite: Scene, place: int) -> None:
        world, site = lite
        task = leave_message(world)
        answer = site.visitor().get(address(task, place))
        assert answer.status_code == 404
        assert "There is nothing here" in answer.text
        assert audited(world) == []

    def test_a_task_about_something_else(self, lite: Scene) -> None:
        world, site = lite
        task = leave_message(world)
        with world.database.transaction() as session:
            session.get_one(Task, task).kind = "call_me"
        visitor = site.visitor()
        assert visitor.get(address(task)).status_code == 404
        assert visitor.get(address(task + 1)).status_code == 404
        assert "<audio" not in visitor.get(f"/admin/attention/{task}").text

    def test_a_stranger_signs_in_first(self, lite: Scene) -> None:
        world, site = lite
        task = leave_message(world)
        answer = site.stranger().get(address(task))
        assert answer.status_code == 303
        assert audited(world) == []


class TestInABrowser:
    @pytest.fixture
    def player(self, lite: Scene, page: Page) -> Page:
        """The task's page, opened by a coordinator on a tablet."""
        world, site = lite
        task = leave_message(world)
        page.set_viewport_size({"width": 820, "height": 1180})
        site.signed_in(page)
        page.goto(f"{world.settings.public_base_url}/admin/attention/{task}")
        return page

    def test_it_plays(self, player: Page) -> None:
        assert page_problems(player) == []
        audio = player.locator("audio")
        name = audio.get_attribute("aria-label") or ""
        assert re.match(r"Voice message, .*2026, .*5 seconds", name)
        assert audio.evaluate("each => each.readyState") == 0, "nothing is fetched before"
        audio.evaluate("each => { each.muted = true; return each.play(); }")
        wait_until("it plays", lambda: float(audio.evaluate("each => each.currentTime")) > 0.1)
        assert audio.evaluate("each => each.duration") == pytest.approx(5, abs=0.1)
        expect(player.get_by_role("alert")).to_have_count(0)

    def test_it_is_heard_to_its_end_though_the_patient_writes_meanwhile(
        self, lite: Scene, player: Page
    ) -> None:
        world, _ = lite
        player.get_by_role("link", name="conversation").first.click()
        audio = player.locator("audio")
        audio.evaluate("each => { each.muted = each.loop = true; return each.play(); }")
        player.evaluate(
            """() => {
                window.asked = 0;
                const count = ({ detail }) => { window.asked += detail.elt.id === "watch"; };
                document.addEventListener("htmx:beforeRequest", count);
            }"""
        )
        world.carrier.text(PATIENT, CLINIC_NUMBER, "I called you this morning")
        wait_until("it would have looked twice", lambda: player.evaluate("window.asked") >= 2)
        assert not audio.evaluate("each => each.paused")
        expect(player.locator("#news")).to_be_empty()
        audio.evaluate("each => each.pause()")
        expect(player.locator("#news")).to_contain_text("The patient has written.")
        expect(player.locator("#thread")).to_contain_text("I called you this morning")

    def test_what_can_not_be_played_says_so_and_leads_to_why(
        self, lite: Scene, player: Page, page_errors: list[str]
    ) -> None:
        world, _ = lite
        delete_at_carrier(world)
        player.locator("audio").evaluate("each => each.load()")
        player.locator("audio").evaluate("each => { each.play().catch(() => 0); }")
        alert = player.get_by_role("alert")
        expect(alert).to_contain_text("The message can't be played here.")
        assert page_problems(player) == []
        alert.get_by_role("link", name="See why").click()
        expect(player.get_by_role("heading", level=1)).to_have_text("This voice message is gone")
        assert all("404" in error for error in page_errors)
        page_errors.clear()
