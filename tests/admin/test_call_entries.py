"""Calls in the conversation and in the patient's timeline; real calls, on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from db.call_models import Recording
from db.models import Patient
from emulator.voice_call import Call
from tests.support import desk
from tests.support.data import booked
from tests.support.queries import counted
from tests.support.queue_pages import texts
from tests.support.reminder_calls import reminder_request, under_way
from tests.support.site import TestSite
from tests.support.web import PUBLIC, Bot, bot_on

BORN = "05171944"


@pytest.fixture
def bot(site: TestSite, database_url: str) -> Iterator[Bot]:
    """What answers the clinic's number; each request comes ten seconds later."""
    with bot_on(database_url, public=PUBLIC) as running:

        def tick() -> None:
            site.clock.advance(seconds=10)
            running.clock.now = site.clock.now

        running.app.before_request(tick)
        yield running


@pytest.fixture
def call(site: TestSite, bot: Bot) -> Call:
    """A call of a patient who has a visit."""
    booked(site.database, site.profiles["ara-health"], site.clock(), voice_consent=True)
    return bot.call()


def thread(site: TestSite) -> str:
    contact = desk.contact_id(site.database)
    return texts(site.visitor().get(f"/admin/contacts/{contact}/thread").text)


def timeline(site: TestSite) -> str:
    with site.database.reading() as session:
        patient = session.scalars(select(Patient.id)).one()
    return texts(site.visitor().get(f"/admin/patients/{patient}").text)


def test_texts_and_calls_stand_in_time_order(site: TestSite, bot: Bot, call: Call) -> None:
    call.presses("4").says("can I drink coffee").hangs_up()
    site.clock.advance(minutes=1)
    bot.says("Can I bring my dog?")
    said = thread(site)
    wanted = [
        *("Call from the patient", "The patient hung up", "Pressed 4", "Spoken answer"),
        *("“can I drink coffee”", "Understood as: How to get ready: Drinks", "Spoken answer"),
        *("Can I bring my dog?", "Automatic answer"),
    ]
    place = 0
    for each in wanted:
        assert each in said[place:], (each, said)
        place = said.index(each, place)
    for words in wanted:
        assert words in timeline(site), words


def test_a_date_of_birth_is_nowhere(site: TestSite, call: Call) -> None:
    call.presses("7").presses("1").presses(BORN).hears("December 1st").hangs_up()
    pages = (thread(site), timeline(site))
    for page in pages:
        assert BORN not in page
        assert "A date of birth, which is not kept" in page
    assert "1944" not in pages[0]


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ("completed", ("Spoke with the desk", "The desk took the call")),
        ("busy", ("Hung up without having reached the desk", "Nobody at the desk took the call")),
    ],
)
def test_the_way_to_the_desk_is_told(
    site: TestSite, call: Call, outcome: str, words: tuple[str, str]
) -> None:
    call.presses("0").dial_ends(outcome)
    if outcome == "busy":
        call.hangs_up()
    for each in (*words, "Pressed 0"):
        assert each in thread(site), each


def test_who_hangs_up_on_the_way_to_the_desk(site: TestSite, call: Call) -> None:
    call.presses("0").hangs_up()
    assert "Hung up without having reached the desk, 30 seconds" in thread(site)


@pytest.mark.parametrize("end_reported_first", [False, True])
def test_who_hangs_up_while_talking_with_the_desk(
    site: TestSite, call: Call, end_reported_first: bool
) -> None:
    call.presses("0")
    call.interpreter.end_reported_first = end_reported_first
    call.talks().hangs_up()
    for each in ("Spoke with the desk", "The desk took the call"):
        assert each in thread(site), each


def test_a_voice_message_can_be_listened_to(site: TestSite, call: Call) -> None:
    call.presses("0").dial_ends("no-answer").presses("1").records(12)
    said = thread(site)
    for words in ("Left a voice message", "Voice message", "12 seconds", "Listen on a page"):
        assert words in said, words
    contact = desk.contact_id(site.database)
    page = site.visitor().get(f"/admin/contacts/{contact}/thread").text
    assert "<audio controls" in page
    assert "Recordings" not in page
    with site.database.reading() as session:
        assert session.scalars(select(Recording.sid)).one() not in page
    assert "over after a voice message" in said.casefold()


def test_a_reminder_call_is_told_with_who_answered(site: TestSite, bot: Bot, call: Call) -> None:
    call.hangs_up()
    with site.database.reading() as session:
        visit = session.scalars(select(Patient.id)).one()
    row = under_way(site.database, visit)
    bot.phone.answers(reminder_request(row), by="human").presses("1").hangs_up()
    for page in (thread(site), timeline(site)):
        for words in ("Reminder call", "A person answered.", "Pressed 1"):
            assert words in page, words
    assert "Reminder the day before, by call" in timeline(site)
    assert "Heard" in timeline(site)


def test_a_call_that_goes_on_is_no_call_that_is_lost(site: TestSite, call: Call) -> None:
    call.presses("4")
    assert "Going on" in thread(site)
    site.clock.advance(hours=4, minutes=1)
    assert "Its end was not reported" in thread(site)


def test_many_calls_need_no_more_queries(site: TestSite, bot: Bot, call: Call) -> None:
    visitor, contact = site.visitor(), desk.contact_id(site.database)
    with counted(site.database) as one:
        visitor.get(f"/admin/contacts/{contact}/thread")
    call.presses("4").presses("1").hangs_up()
    for _ in range(3):
        bot.call().presses("4").presses("0").dial_ends("busy").presses("1").records(5)
    with counted(site.database) as many:
        visitor.get(f"/admin/contacts/{contact}/thread")
    assert len(reads(many)) == len(reads(one))


def reads(statements: list[str]) -> list[str]:
    """Those that read; whether a visit of the site is noted depends on the minute."""
    return [each for each in statements if each.startswith("SELECT")]
