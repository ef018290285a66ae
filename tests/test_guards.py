"""Every address of the app stands behind exactly one guard."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from guards import PREFIXES, Guard, guard_of
from tests.support.web import Bot, bot_on


@pytest.fixture
def bot(sqlite_url: str) -> Iterator[Bot]:
    with bot_on(sqlite_url) as running:
        yield running


@pytest.mark.parametrize(
    ("path", "guard"),
    [
        ("/sms", Guard.SIGNED),
        ("/sms/inbound", Guard.SIGNED),
        ("/sms/", Guard.SIGNED),
        ("/voice/anything/at/all", Guard.SIGNED),
        ("/admin", Guard.STAFF),
        ("/admin/staff", Guard.STAFF),
        ("/healthz", Guard.OPEN),
        ("/smsx", None),
        ("/healthzz", None),
        ("/SMS/inbound", None),
        ("sms/inbound", None),
        ("/", None),
        ("", None),
    ],
)
def test_the_guard_of_a_path(path: str, guard: Guard | None) -> None:
    assert guard_of(path) is guard


def test_every_route_has_exactly_one_guard(bot: Bot) -> None:
    routes = {rule.rule for rule in bot.app.url_map.iter_rules()}
    assert {"/sms/inbound", "/sms/status", "/healthz", "/readyz", "/metrics"} <= routes
    for route in routes:
        holding = [p for p in PREFIXES if route == p or route.startswith(f"{p}/")]
        assert len(holding) == 1, route
        assert guard_of(route) is PREFIXES[holding[0]]


def test_what_a_guard_says_is_what_happens(bot: Bot) -> None:
    """Asked without a signature, in every way that a route takes."""
    for rule in bot.app.url_map.iter_rules():
        for method in rule.methods or ():
            status = bot.ask(method, rule.rule).status
            assert (status == 403) is (guard_of(rule.rule) is Guard.SIGNED), (rule, method)


def test_a_refusal_says_what_to_compare_and_no_more(bot: Bot) -> None:
    reply = bot.ask("POST", "/sms/inbound", data={"Body": "private words"})
    assert (reply.status, reply.content_type) == (403, "text/plain")
    assert b"PUBLIC_BASE_URL" in reply.body
    assert b"private" not in reply.body


def test_what_is_not_the_app_s_is_not_found(bot: Bot) -> None:
    for path in ("/", "/administrator", "/static/x.js", "/smsx", "/.env"):
        assert bot.ask("GET", path).status == 404
