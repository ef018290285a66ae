"""While a person talks with the patient: no menus, but safety and opt-out; on both databases."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from db.contacts import set_contact
from db.models import Contact, InboundText, Task
from tests.support.web import Bot, rows

PAUSE = dt.timedelta(minutes=30)


@pytest.fixture
def paused(bot: Bot) -> Bot:
    """A clinic that is talking with the patient; the bot has said its menu before."""
    bot.says("hi")
    with bot.database.transaction() as session:
        contact = session.scalars(select(Contact)).one()
        set_contact(session, contact.id, paused_until=bot.clock() + PAUSE)
    return bot


def kinds(bot: Bot) -> list[tuple[str, str]]:
    """The open tasks: what, and what was written."""
    return [(task.kind, task.words) for task in rows(bot.database, Task)]


def test_a_text_gets_no_menu_is_stored_and_opens_one_task(paused: Bot) -> None:
    for words in ("1", "menu", "so what about my vitamins?", "9", "help me please", ""):
        assert b"<Message>" not in paused.send(words).body, words
    stored = [text for text in rows(paused.database, InboundText) if text.rule == "paused"]
    assert len(stored) == 6
    assert {text.reply for text in stored} == {""}
    [(kind, words)] = kinds(paused)
    assert kind == "wrote_to_staff"
    assert words.splitlines()[:3] == ["1", "menu", "so what about my vitamins?"]


@pytest.mark.parametrize(
    ("words", "said", "task"),
    [
        ("I can't feel my legs", "Call 911 now", "emergency"),
        ("no puedo respirar", "911", "emergency"),
        ("I want to kill myself", "988", "emergency"),
        ("I have a fever of 101", "call us today", "same_day"),
    ],
)
def test_red_flags_still_answer(paused: Bot, words: str, said: str, task: str) -> None:
    assert said in paused.says(words)
    assert [kind for kind, _ in kinds(paused)] == [task]


@pytest.mark.parametrize("words", ["STOP", "please don't text me any more", "UNSUBSCRIBE"])
def test_opting_out_still_works(paused: Bot, words: str) -> None:
    paused.says(words)
    [contact] = rows(paused.database, Contact)
    assert contact.opted_out_at == paused.clock()
    assert kinds(paused) == []


def test_opting_in_and_help_still_work(paused: Bot) -> None:
    assert "Welcome back" in paused.says("START")
    paused.says("STOP")
    assert "Welcome back" in paused.says("START")
    assert "STOP" in paused.says("HELP")
    [contact] = rows(paused.database, Contact)
    assert contact.opted_out_at is None


def test_it_ends_by_itself(paused: Bot) -> None:
    paused.clock.advance(minutes=29, seconds=59)
    assert b"<Message>" not in paused.send("menu").body
    paused.clock.advance(seconds=1)
    assert "1 " in paused.says("menu")


def test_the_bot_goes_on_where_it_was(paused: Bot) -> None:
    paused.send("hm")
    paused.clock.advance(minutes=30)
    assert paused.says("1") != paused.says("menu")
