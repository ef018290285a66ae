"""One text, one turn: taken once however often it arrives, in the language and clinic it is for."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import msgspec
import pytest
from sqlalchemy import event, update

from conversation import Conversations, TextIn
from db.clinics import Clinics, store_profile
from db.models import Contact, Conversation, InboundText
from db.session import Database
from flows.library import default_library
from flows.model import Session as Talk
from sms.render import twiml
from tests.support.csv_files import NOW, sample_profiles
from tests.support.data import booked, stored_clinic
from tests.support.waiting import wait_until
from tests.support.web import (
    CLINIC_NUMBER,
    INBOUND,
    PATIENT,
    Bot,
    StandingClock,
    counts,
    lock_waits,
    rows,
    text_form,
)

CLOCK = StandingClock()
PROFILE = sample_profiles()["ara-health"]
EVERY_KIND = [
    "menu",
    "1",
    "0",
    "STOP",
    "español",
    "",
    "xyzzy",
    "I can't feel my legs and can't pee",
]


class TestRedelivery:
    @pytest.mark.parametrize("words", EVERY_KIND)
    def test_the_same_text_gets_the_same_bytes_and_changes_nothing(
        self, bot: Bot, words: str
    ) -> None:
        form = text_form(words)
        first = bot.post(INBOUND, form)
        stored, talk = counts(bot.database), bot.row(Conversation).state
        for hours in (0, 30):
            bot.clock.advance(hours=hours)
            again = bot.post(INBOUND, form)
            assert (again.body, again.status) == (first.body, 200)
        assert counts(bot.database) == stored
        assert bot.row(Conversation).state == talk
        assert bot.row(InboundText).at == NOW

    def test_also_after_other_texts_and_a_new_profile(self, bot: Bot) -> None:
        form = text_form("menu")
        first = bot.post(INBOUND, form)
        bot.says("español")
        bot.send("STOP")
        with bot.database.transaction() as session:
            renamed = msgspec.structs.replace(PROFILE, name="Another name")
            assert store_profile(session, renamed, NOW) == "changed"
        stored = counts(bot.database)
        assert bot.post(INBOUND, form).body == first.body
        assert counts(bot.database) == stored
        assert "Another name" in bot.says("START")

    def test_silence_is_repeated_as_silence(self, bot: Bot) -> None:
        form = text_form("STOP", OptOutType="STOP")
        assert bot.post(INBOUND, form).texts == bot.post(INBOUND, form).texts == []
        assert len(bot.rows(InboundText)) == 1


class TestWhoseText:
    def test_a_new_conversation_is_in_the_language_on_file(self, bot: Bot) -> None:
        booked(bot.database, PROFILE, NOW, language="es")
        assert "Somos ARA Health" in bot.says("9")

    def test_without_one_in_the_clinic_s(self, bot: Bot) -> None:
        with bot.database.transaction() as session:
            store_profile(session, msgspec.structs.replace(PROFILE, language="es"), NOW)
        assert "Somos ARA Health" in bot.says("9")

    def test_two_clinics_have_two_conversations_with_one_phone(self, bot: Bot) -> None:
        iowa = sample_profiles()["iowa-radiology"]
        with bot.database.transaction() as session:
            store_profile(session, iowa, NOW)
        bot.says("español")
        assert "What would you like to know?" in bot.says("9", To=str(iowa.texting_number))
        assert [contact.clinic_id for contact in bot.rows(Contact)] == [PROFILE.id, iowa.id]

    def test_a_changed_profile_counts_from_the_next_text_on(self, bot: Bot) -> None:
        assert "ARA Health here" in bot.says("9")
        with bot.database.transaction() as session:
            store_profile(session, msgspec.structs.replace(PROFILE, name="Renamed"), NOW)
        assert "Renamed here" in bot.says("9")

    def test_a_key_long_after_its_menu_is_not_taken_for_another(self, bot: Bot) -> None:
        bot.says("1")
        bot.clock.advance(hours=25)
        assert "been a while" in bot.says("1")


def test_a_stored_conversation_that_can_not_be_read_is_begun_anew(bot: Bot) -> None:
    bot.says("menu")
    with bot.database.transaction() as session:
        session.execute(update(Conversation).values(state="{broken"))
    assert "call 911" in bot.says("i cant feel my legs").lower()
    assert "1 " in bot.says("menu")


@contextmanager
def opened(url: str) -> Iterator[tuple[Database, Conversations]]:
    """A process's view of a database: two of them share nothing but the rows."""
    database = Database(url, pool_size=20)
    try:
        yield database, Conversations(database, default_library(), Clinics())
    finally:
        database.close()


def turns(database: Database) -> list[int]:
    """How many turns each conversation has taken."""
    return [msgspec.json.decode(row.state, type=Talk).turn for row in rows(database, Conversation)]


def text(number: int, body: str = "menu", sender: str = PATIENT) -> TextIn:
    return TextIn(f"SM{number}", sender, CLINIC_NUMBER, body)


class TestAtTheSameTime:
    """Twenty threads, each on a connection of its own."""

    def test_one_text_twenty_times(self, database_url: str) -> None:
        with opened(database_url) as (database, conversations):
            stored_clinic(database)
            with ThreadPoolExecutor(20) as pool:
                answers = set(
                    pool.map(lambda _: conversations.answer(text(1), twiml, CLOCK), range(20))
                )
            assert len(answers) == 1
            assert turns(database) == [1]
            assert counts(database)["inbound_text"] == 1

    def test_twenty_texts_of_one_phone(self, database_url: str) -> None:
        with opened(database_url) as (database, conversations):
            stored_clinic(database)
            with ThreadPoolExecutor(20) as pool:
                list(pool.map(lambda n: conversations.answer(text(n), twiml, CLOCK), range(20)))
            assert turns(database) == [20]
            assert counts(database)["inbound_text"] == 20

    def test_two_processes_and_first_words_of_many_phones(self, database_url: str) -> None:
        with opened(database_url) as (database, one), opened(database_url) as (_, other):
            stored_clinic(database)
            texts = [text(n, sender=f"+1828555{n // 4:04d}") for n in range(40)]
            answers = []
            with ThreadPoolExecutor(20) as pool:
                for number, each in enumerate(texts):
                    started = pool.submit((one, other)[number % 2].answer, each, twiml, CLOCK)
                    answers.append(started)
            assert {answer.result() for answer in answers} == {answers[0].result()}
            assert turns(database) == [4] * 10
            assert counts(database)["contact"] == 10

    def test_another_text_between_any_two_statements(self, postgres_url: str) -> None:
        """Of a new phone: after each statement of its first text the next one arrives."""
        with (
            opened(postgres_url) as (database, one),
            opened(postgres_url) as (_, other),
            opened(postgres_url) as (watch, _),
            ThreadPoolExecutor(20) as pool,
        ):
            stored_clinic(database)
            others: list[Future[str]] = []

            def interrupt(*_: object) -> None:
                number = len(others) + 1
                others.append(pool.submit(other.answer, text(number), twiml, CLOCK))
                wait_until(
                    "the other text to be answered or to wait for its turn",
                    lambda: sum(not each.done() for each in others) <= lock_waits(watch),
                )

            event.listen(database.engine, "after_cursor_execute", interrupt)
            one.answer(text(0), twiml, CLOCK)
            event.remove(database.engine, "after_cursor_execute", interrupt)
            for each in others:
                each.result()
            assert len(others) > 2
            assert turns(database) == [len(others) + 1]
