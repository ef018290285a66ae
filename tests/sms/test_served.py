"""The app under a real gunicorn, on real sockets: signatures, and many texts at once."""

from __future__ import annotations

import itertools
import sqlite3
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

from db import migrate
from db.models import Contact, Conversation, InboundText
from db.session import Database
from flows.engine import take_turn
from flows.library import default_library
from flows.model import Event, Facts
from flows.model import Session as Talk
from flows.says import sms_body
from profiles import Profile
from sms.render import twiml
from tests.support import postgres
from tests.support.data import stored_clinic
from tests.support.web import INBOUND, Reply, Served, counts, served, sign, text_form

_phones = (f"+1828555{number:04d}" for number in itertools.count(1000))


@dataclass(frozen=True, slots=True)
class Site:
    """A served app, and a view of its database; every test has phones of its own."""

    served: Served
    database: Database
    profile: Profile

    def at_once(self, texts: list[dict[str, str]]) -> list[Reply]:
        """Each text on a connection and a thread of its own."""
        forms = [text_form(**text) for text in texts]
        with ThreadPoolExecutor(len(forms)) as pool:
            return list(pool.map(lambda form: self.served.post(INBOUND, form), forms))

    def texts_of(self, phone: str) -> list[InboundText]:
        """The stored texts of a phone."""
        query = select(InboundText).join(Contact).where(Contact.phone == phone)
        with self.database.reading() as session:
            return list(session.scalars(query.order_by(InboundText.at)))

    def talk_of(self, phone: str) -> Talk:
        """The stored conversation of a phone."""
        query = select(Conversation.state).join(Contact).where(Contact.phone == phone)
        with self.database.reading() as session:
            return msgspec.json.decode(session.scalars(query).one(), type=Talk)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def site(
    request: pytest.FixtureRequest, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """The app on SQLite (one process) and on PostgreSQL (two), eight threads each."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("served") / "test.db"
        with (
            closing(sqlite3.connect(sqlite_template)) as source,
            closing(sqlite3.connect(path)) as copy,
        ):
            source.backup(copy)
        yield from _site(f"sqlite:///{path}")
        return
    server: postgres.Server = request.getfixturevalue("postgres_server")
    with server.database() as url:
        migrate.upgrade(url)
        yield from _site(url)


def _site(url: str) -> Iterator[Site]:
    database = Database(url)
    profile = stored_clinic(database)
    with served(url) as running:
        yield Site(running, database, profile)
    database.close()


class TestSignatures:
    @pytest.mark.parametrize(
        "query", ["", "?n=Pe%C3%B1a&x=%2F%27%7E&y=a+b&blank=", "?n=%e2%80", "?a=b?c"]
    )
    def test_the_target_counts_as_it_was_sent(self, site: Site, query: str) -> None:
        form = text_form(" Sí 👍 ", From=next(_phones), FromCity="")
        assert site.served.post(INBOUND + query, form).texts

    def test_what_is_not_signed_is_refused(self, site: Site) -> None:
        before = counts(site.database)
        form = text_form()
        for signature in ("", "x" * 28, sign("http://127.0.0.1" + INBOUND, form)):
            reply = site.served.post(INBOUND, form, **{"X-Twilio-Signature": signature})
            assert reply.status == 403
        for target in ("/sms/x", "/voice/x", "//sms/inbound", "/sms//inbound", "/sms/inbound/"):
            reply = site.served.ask("POST", target, b"Body=1")
            assert reply.status in {403, 404}
            assert "Location" not in reply.headers
        assert counts(site.database) == before

    def test_the_host_and_forwarding_headers_do_not_count(self, site: Site) -> None:
        headers = {"Host": "x.example.org", "X-Forwarded-Host": "y", "X-Forwarded-Proto": "http"}
        assert site.served.post(INBOUND, text_form(From=next(_phones)), **headers).texts

    def test_a_form_that_is_too_large(self, site: Site) -> None:
        assert site.served.send("x" * 140_000, From=next(_phones)).status == 413

    def test_a_chunked_form_counts_as_well(self, site: Site) -> None:
        form = text_form(From=next(_phones))
        form_bytes = b"&".join(f"{k}={v}".replace("+", "%2B").encode() for k, v in form.items())
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(form_bytes), form_bytes)
        headers = {
            "Transfer-Encoding": "chunked",
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Twilio-Signature": sign(site.served.public + INBOUND, form),
        }
        assert site.served.ask("POST", INBOUND, body, headers).texts


class TestAtOnce:
    def test_one_text_twenty_times(self, site: Site) -> None:
        phone = next(_phones)
        replies = site.at_once(
            [{"From": phone, "body": "menu", "MessageSid": f"S{phone[1:]}"}] * 20
        )
        assert {reply.status for reply in replies} == {200}
        assert len({reply.body for reply in replies}) == 1
        (text,) = site.texts_of(phone)
        assert (text.response.encode(), site.talk_of(phone).turn) == (replies[0].body, 1)

    def test_it_again_within_a_conversation(self, site: Site) -> None:
        phone = next(_phones)
        site.served.send("9", From=phone)
        replies = site.at_once([{"From": phone, "body": "4", "MessageSid": f"T{phone[1:]}"}] * 8)
        assert len({reply.body for reply in replies}) == 1
        assert site.talk_of(phone).turn == 2

    @pytest.mark.parametrize("repetition", range(3))
    def test_texts_of_one_patient_are_taken_one_after_the_other(
        self, site: Site, repetition: int
    ) -> None:
        """The answers differ with the order; the stored one must explain them all."""
        phone = next(_phones)
        words = ["9", "1", "2", "1", "3", "#", "español", "9", "2", "4", "*", "1"][repetition:]
        replies = site.at_once([{"From": phone, "body": word} for word in words])
        texts = site.texts_of(phone)
        assert Counter(text.body for text in texts) == Counter(words)
        assert Counter(t.response.encode() for t in texts) == Counter(r.body for r in replies)
        talk = replayed(site.profile, texts)
        stored = site.talk_of(phone)
        assert talk.turn == stored.turn == len(words)
        assert (talk.waiting, talk.said, talk.language) == (
            stored.waiting,
            stored.said,
            stored.language,
        )

    def test_many_phones_are_all_answered(self, site: Site) -> None:
        phones = list(itertools.islice(_phones, 40))
        replies = site.at_once([{"From": phone, "body": "menu"} for phone in phones])
        assert {tuple(reply.texts) for reply in replies} == {tuple(replies[0].texts)}
        assert [site.talk_of(phone).turn for phone in phones] == [1] * 40

    def test_first_words_of_new_phones_come_twice_at_once(self, site: Site) -> None:
        phones = list(itertools.islice(_phones, 10))
        texts = [{"From": phone, "body": body} for phone in phones for body in ("1", "menu")]
        assert all(reply.texts for reply in site.at_once(texts))
        for phone in phones:
            assert (site.talk_of(phone).turn, len(site.texts_of(phone))) == (2, 2)


def replayed(profile: Profile, texts: list[InboundText]) -> Talk:
    """The conversation of these texts in this order; fails where the answer was another."""
    talk = Talk(profile.language)
    for text in texts:
        turn = take_turn(default_library(), talk, Event(text.body), Facts(profile, text.at))
        assert twiml(sms_body(turn.says), profile) == text.response
        talk = turn.session
    return talk
