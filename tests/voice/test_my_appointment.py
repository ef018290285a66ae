"""What a caller is told of their visit: to the number on file and a matching date of birth."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from db.call_models import CallTurnRow
from db.models import Appointment, Contact, Task
from emulator.voice_verbs import Dial, Gather
from tests.support.csv_files import sample_profiles
from tests.support.data import booked
from tests.support.web import PATIENT, Bot

BORN = "05171944"


def with_visit(bot: Bot, **changes: object) -> None:
    booked(bot.database, sample_profiles()["ara-health"], bot.clock.now, phone=PATIENT, **changes)


def test_the_visit_is_told_after_the_date_of_birth(bot: Bot) -> None:
    with_visit(bot)
    call = bot.call().presses("7").presses("1")
    call.hears("date of birth").hears_not("December")
    assert isinstance(call.waiting, Gather)
    assert call.waiting.num_digits == len(BORN)
    call.presses(BORN).hears("Tuesday, December 1st at 8 30 AM").hears("2 30 AM")
    call.presses("1").hears("you will be there")
    assert bot.row(Appointment).answer == "confirmed"


def test_the_date_may_be_said(lite_bot: Bot) -> None:
    with_visit(lite_bot)
    call = lite_bot.call().presses("7").presses("1").says("May seventeenth nineteen forty four")
    call.hears("Tuesday, December 1st")


def test_in_spanish(lite_bot: Bot) -> None:
    with_visit(lite_bot, language="es")
    call = lite_bot.call().presses("7").presses("1").hears("fecha de nacimiento")
    call.presses(BORN).hears("martes primero de diciembre")


def test_three_misses_lock_the_number_and_leave_a_task(bot: Bot) -> None:
    with_visit(bot)
    call = bot.call().presses("7").presses("1")
    for wrong in ("01011950", "02021950", "03031950"):
        call.hears_not("December").presses(wrong)
    call.presses("7").presses("1").presses(BORN).hears_not("December")
    assert bot.row(Contact).identity_locked_until is not None
    assert [task.kind for task in bot.rows(Task)] == ["identity_locked"]


@pytest.mark.parametrize("number", ["anonymous", "+266696687", "+18285550199"])
def test_no_other_number_is_told_anything(lite_bot: Bot, number: str) -> None:
    with_visit(lite_bot)
    call = lite_bot.call(caller=number).presses("7").presses("1")
    if not isinstance(call.waiting, Dial):
        call.presses(BORN)
    assert all("December" not in words for _, words in call.everything)


def test_no_date_of_birth_is_kept(lite_bot: Bot) -> None:
    with_visit(lite_bot)
    lite_bot.call().presses("7").presses("1").presses(BORN).hears("December 1st")
    with lite_bot.database.reading() as session:
        turns = session.scalars(select(CallTurnRow)).all()
    assert turns
    assert all("1944" not in f"{turn.said} {turn.reply}" for turn in turns)
