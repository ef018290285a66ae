"""How long a session still lasts is said to a page's scripts, and staying makes it last longer."""

from __future__ import annotations

import datetime as dt

import pytest

from admin import sessions
from tests.support.site import TestSite, Visitor

POLL = {"HX-Request": "true", "Prepline-Poll": "1"}
WAITING = "/admin/waiting?seen=0-0-0"


@pytest.fixture
def visitor(lite_site: TestSite) -> Visitor:
    return lite_site.visitor()


def left(visitor: Visitor, path: str = WAITING) -> tuple[int, str]:
    """What a page that asks by itself is told: how many seconds, and what ends it then."""
    headers = visitor.get(path, POLL).headers
    return int(headers["Prepline-Session-Left"]), headers["Prepline-Session-Ending"]


def is_in(visitor: Visitor) -> bool:
    return visitor.get(WAITING, POLL).status_code in (200, 204)


def test_asking_tells_how_long_and_makes_it_no_longer(
    lite_site: TestSite, visitor: Visitor
) -> None:
    assert left(visitor) == (1800, "idle")
    lite_site.clock.advance(minutes=28)
    assert left(visitor) == left(visitor, "/admin/attention/news?seen=x") == (120, "idle")
    lite_site.clock.advance(minutes=2)
    assert not is_in(visitor)


def test_staying_makes_it_last(lite_site: TestSite, visitor: Visitor) -> None:
    lite_site.clock.advance(minutes=29, seconds=59)
    stayed = visitor.post("/admin/stay", htmx=True)
    assert (stayed.status_code, stayed.headers["Prepline-Session-Left"]) == (204, "1800")
    lite_site.clock.advance(minutes=29, seconds=59)
    assert left(visitor) == (1, "idle")


def test_what_another_tab_does_counts_for_all(lite_site: TestSite, visitor: Visitor) -> None:
    lite_site.clock.advance(minutes=29)
    assert visitor.get("/admin/").status_code == 200
    assert left(visitor) == (1800, "idle")


def test_staying_is_no_way_round_the_twelve_hours(lite_site: TestSite, visitor: Visitor) -> None:
    for _ in range(28):
        lite_site.clock.advance(minutes=25)
        assert visitor.post("/admin/stay", htmx=True).status_code == 204
    lite_site.clock.advance(minutes=18)
    assert left(visitor) == (120, "whole")
    visitor.post("/admin/stay", htmx=True)
    lite_site.clock.advance(minutes=2)
    assert not is_in(visitor)


def test_staying_needs_the_token_and_a_session(lite_site: TestSite, visitor: Visitor) -> None:
    lite_site.clock.advance(minutes=29)
    refused = visitor.client.post("/admin/stay", headers={"HX-Request": "true"})
    assert refused.status_code == 400
    lite_site.clock.advance(minutes=1)
    assert visitor.client.post("/admin/stay").status_code == 303


def test_too_late_to_stay_is_not_called_a_loss(lite_site: TestSite, visitor: Visitor) -> None:
    lite_site.clock.advance(minutes=31)
    answer = visitor.client.post("/admin/stay", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    page = visitor.get("/admin/sign-in").text
    assert "nothing was done for 30 minutes" in page
    assert "was not stored" not in page


def test_whoever_signs_in_is_told_beforehand(lite_site: TestSite) -> None:
    page = lite_site.stranger().get("/admin/sign-in").text
    minutes = sessions.IDLE // dt.timedelta(minutes=1)
    assert f"signed out after {minutes} minutes without doing anything" in page


def test_strangers_and_whole_pages_are_told_nothing(lite_site: TestSite, visitor: Visitor) -> None:
    assert "Prepline-Session-Left" not in visitor.get("/admin/").headers
    assert "Prepline-Session-Left" not in lite_site.stranger().get(WAITING, POLL).headers
