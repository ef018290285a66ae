"""The site behind a proxy that takes a part of the public address off."""

from __future__ import annotations

from db.staff import Role
from tests.support.site import site_on
from tests.support.web import INBOUND, bot_on, text_form


def test_links_begin_with_the_part_that_the_proxy_takes_off(sqlite_url: str) -> None:
    with site_on(sqlite_url, "http://127.0.0.1/bots/prepline") as site:
        location = site.stranger().get("/admin/staff").headers["Location"]
        assert location == "/bots/prepline/admin/sign-in?next=/bots/prepline/admin/staff"
        page = site.visitor(Role.MANAGER).get("/admin/").text
        assert 'href="/bots/prepline/admin/staff"' in page
        assert 'src="/bots/prepline/admin/static/site.js' in page
        site.add()
        after = site.stranger().sign_in("coordinator@example.org", next="/bots/prepline/admin/x")
        assert after.headers["Location"] == "/bots/prepline/admin/x"
        foreign = site.stranger().sign_in("coordinator@example.org", next="/admin/x")
        assert foreign.headers["Location"] == "/bots/prepline/admin/"


def test_what_twilio_signs_is_compared_as_before(sqlite_url: str) -> None:
    with bot_on(sqlite_url, public="https://bot.example.org/bots/prepline") as bot:
        assert bot.post(INBOUND, text_form("menu")).status == 200
