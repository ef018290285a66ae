"""Only what Twilio signed is taken in, on the whole app; nothing else leaves a trace."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from werkzeug.datastructures import MultiDict

from db.models import InboundText
from tests.support.data import stored_clinic
from tests.support.web import (
    INBOUND,
    PUBLIC,
    TOKEN,
    Bot,
    bot_on,
    counts,
    sign,
    text_form,
)

HEADER = "X-Twilio-Signature"


class Taken:
    """Whether a bot takes a request in; a refused one must leave every table as it was."""

    def __init__(self, bot: Bot) -> None:
        self.bot = bot

    def __call__(self, target: str, form: Mapping[str, str], signature: str | None) -> bool:
        before = counts(self.bot.database)
        headers = {} if signature is None else {HEADER: signature}
        reply = self.bot.ask("POST", target, data=form, headers=headers)
        if reply.status == 200:
            assert counts(self.bot.database)["inbound_text"] == before["inbound_text"] + 1
            return True
        assert reply.status == 403
        assert (reply.content_type, b"nothing was stored" in reply.body) == ("text/plain", True)
        assert counts(self.bot.database) == before
        return False


@pytest.fixture
def taken(lite_bot: Bot) -> Taken:
    return Taken(lite_bot)


@pytest.mark.parametrize(
    "query",
    ["n=Pe%C3%B1a", "n=%2Fsms", "n=O%27Neil", "n=%7Ehome", "n=a+b", "n=a%20b", "a=&b", "n=%e2%80"],
)
def test_the_query_counts_as_it_was_sent(taken: Taken, query: str) -> None:
    target = f"{INBOUND}?{query}"
    form = text_form()
    assert taken(target, form, sign(PUBLIC + target, form))
    other = text_form()
    assert not taken(target, other, sign(PUBLIC + INBOUND, other))


@pytest.mark.parametrize(
    ("public", "signed_for"),
    [
        ("https://bot.example.org/", "https://bot.example.org"),
        ("https://bot.example.org:8443", "https://bot.example.org:8443"),
        ("https://bot.example.org:8443", "https://bot.example.org"),
        ("https://bot.example.org", "https://bot.example.org:443"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("https://bot.example.org/bot", "https://bot.example.org/bot"),
        ("https://bot.example.org/a/b/", "https://bot.example.org/a/b"),
    ],
)
def test_the_configured_address_counts(sqlite_url: str, public: str, signed_for: str) -> None:
    """Served over http, without the port and behind a prefix that a proxy has taken off."""
    with bot_on(sqlite_url, public=public) as bot:
        stored_clinic(bot.database)
        form = text_form()
        assert Taken(bot)(INBOUND, form, sign(signed_for + INBOUND, form))
        for wrong in ("https://other.example.org", "http://localhost", f"{signed_for}/x"):
            assert not Taken(bot)(INBOUND, form, sign(wrong + INBOUND, form))


@pytest.mark.parametrize(
    "changes",
    [
        {"Body": ""},
        {"Body": "  9\t\n"},
        {"Body": "Sí 👍🏽 mañana"},
        {"Body": "1+1=2&x=%41"},
        {"FromCity": "", "FromZip": ""},
        {"SomethingNew": "yes", "a": "1", "B": "2"},
    ],
)
def test_the_form_counts_untouched(taken: Taken, changes: dict[str, str]) -> None:
    form = text_form(**changes)
    assert taken(INBOUND, form, sign(PUBLIC + INBOUND, form))


def test_repeated_parameters_count(taken: Taken) -> None:
    form = text_form()
    form.setlist("Event", ["b", "a", "b"])
    assert taken(INBOUND, form, sign(PUBLIC + INBOUND, form))
    form = text_form()
    once = MultiDict(form) | {"Event": "b"}
    form.setlist("Event", ["b", "a"])
    assert not taken(INBOUND, form, sign(PUBLIC + INBOUND, once))


@pytest.mark.parametrize(
    "change", [{"Body": "2"}, {"Body": "1 "}, {"From": "+18285550199"}, {"Extra": ""}]
)
def test_a_form_that_was_changed_on_the_way(taken: Taken, change: dict[str, str]) -> None:
    form = text_form("1")
    signature = sign(PUBLIC + INBOUND, form)
    assert not taken(INBOUND, MultiDict({**form.to_dict(), **change}), signature)
    assert taken(INBOUND, form, signature)


def test_both_tokens_while_one_takes_over(sqlite_url: str) -> None:
    with bot_on(sqlite_url, tokens=[TOKEN, "f" * 32]) as bot:
        stored_clinic(bot.database)
        for token, expected in ((TOKEN, True), ("f" * 32, True), ("e" * 32, False)):
            form = text_form()
            assert Taken(bot)(INBOUND, form, sign(PUBLIC + INBOUND, form, token)) is expected


@pytest.mark.parametrize("signature", [None, "", " ", "x", "=" * 28, "A" * 5000, "\xf1"])
def test_a_missing_or_odd_header(taken: Taken, signature: str | None) -> None:
    assert not taken(INBOUND, text_form(), signature)


def test_the_host_header_does_not_count(lite_bot: Bot) -> None:
    form, elsewhere = text_form(), "elsewhere.example.org"
    for public, status in ((f"https://{elsewhere}", 403), (PUBLIC, 200)):
        headers = {HEADER: sign(public + INBOUND, form), "Host": elsewhere}
        assert lite_bot.ask("POST", INBOUND, data=form, headers=headers).status == status


@pytest.mark.parametrize("body", [{}, {"From": "+18285550173", "Body": "hi"}])
def test_json_is_refused(lite_bot: Bot, body: dict[str, str]) -> None:
    """Its body would go unchecked."""
    before = counts(lite_bot.database)
    target = f"{INBOUND}?bodySHA256={'0' * 64}"
    headers = {HEADER: sign(PUBLIC + target, {}), "Content-Type": "application/json"}
    reply = lite_bot.ask("POST", target, data=json.dumps(body).encode(), headers=headers)
    assert reply.status == 403
    plain = {HEADER: sign(PUBLIC + INBOUND, {}), "Content-Type": "application/json"}
    assert (
        lite_bot.ask("POST", INBOUND, data=json.dumps(body).encode(), headers=plain).status == 400
    )
    assert counts(lite_bot.database) == before


class TestAddresses:
    """What is asked for under /sms and /voice, and how."""

    @pytest.mark.parametrize(
        "target",
        [
            "/sms",
            "/sms/",
            "/sms/other",
            "/sms/inbound/",
            "/sms/inbound/x",
            "/sms//inbound",
            "/sms/status/",
            "/voice",
            "/voice/nothing-here",
            "/%73ms/other",
        ],
    )
    def test_unknown_ones_tell_a_stranger_nothing(self, lite_bot: Bot, target: str) -> None:
        for method in ("GET", "POST", "PUT", "OPTIONS", "HEAD"):
            reply = lite_bot.ask(method, target)
            assert (reply.status, "Location" in reply.headers) == (403, False)
        assert lite_bot.post(target, text_form()).status == 404

    @pytest.mark.parametrize("path", ["/sms/inbound", "/sms/status"])
    def test_a_get_is_not_taken(self, lite_bot: Bot, path: str) -> None:
        form = text_form()
        target = f"{path}?{'&'.join(f'{name}=1' for name in form)}"
        before = counts(lite_bot.database)
        assert lite_bot.ask("GET", target).status == 403
        headers = {HEADER: sign(PUBLIC + target, {})}
        assert lite_bot.ask("GET", target, headers=headers).status == 405
        assert counts(lite_bot.database) == before

    def test_a_capital_letter_makes_another_path(self, lite_bot: Bot) -> None:
        assert lite_bot.ask("POST", "/SMS/inbound", data=text_form()).status == 404
        assert lite_bot.rows(InboundText) == []

    def test_an_unsigned_status_report_changes_nothing(self, lite_bot: Bot) -> None:
        form = {"MessageSid": "SM1", "MessageStatus": "delivered"}
        assert lite_bot.ask("POST", "/sms/status?r=1", data=form).status == 403
        other = {HEADER: sign(f"{PUBLIC}/sms/status?r=2", form)}
        assert lite_bot.ask("POST", "/sms/status?r=1", data=form, headers=other).status == 403
