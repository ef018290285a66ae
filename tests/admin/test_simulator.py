"""The simulator: the engine's own answers, nothing sent or stored, the talk in a signed field."""

from __future__ import annotations

import re
from html import unescape

import pytest
from sqlalchemy import func, select

from admin.simulated import play
from admin.simulated_world import Setup, Step, Talk, Visit
from db.models import Base
from flows.engine import take_turn
from flows.library import default_library
from flows.model import Channel, Event, Facts, Session
from flows.says import sms_body
from tests.admin.test_today import text_of
from tests.support.csv_files import NOW, sample_profiles
from tests.support.site import TestSite, Visitor
from tests.support.visits import local

HERE = "/admin/content/simulator"
ARA = sample_profiles()["ara-health"]
LIBRARY = default_library()
SETUP = {
    "clinic": "ara-health",
    "channel": "sms",
    "language": "en",
    "visit": "booked",
    "procedure": "kyphoplasty",
    "days": "3",
    "clock": "09:30",
}
_TALK = re.compile(r'name="talk" value="([^"]+)"')


class Coordinator:
    """A coordinator at the simulator."""

    def __init__(self, site: TestSite, **setup: str) -> None:
        self.visitor: Visitor = site.visitor()
        self.page = self._send({**SETUP, **setup})

    def _send(self, form: dict[str, str]) -> str:
        answer = self.visitor.post(HERE, form)
        assert answer.status_code == 200, text_of(answer.text)
        self.html = answer.text
        return text_of(answer.text)

    def says(self, text: str = "", **pressed: str) -> str:
        """The page after a text, a key or what became of a call."""
        found = _TALK.search(self.html)
        assert found
        typed = pressed or {"text": text}
        self.page = self._send({"talk": unescape(found[1]), **typed})
        return self.page


def test_a_text_gets_the_engine_s_answer_and_the_reason(lite_site: TestSite) -> None:
    page = Coordinator(lite_site).says("do I need a ride home")
    turn = take_turn(LIBRARY, Session("en"), Event("do I need a ride home"), Facts(ARA, NOW))
    assert " ".join(sms_body(turn.says).split()) in page
    assert "An answer : prep.driver . Because of the words of the question: “" in page
    assert "“ride”" in page
    assert re.search(r"[12] segments?", page)


def test_a_warning_sign_says_which_one_and_what_would_be_done(lite_site: TestSite) -> None:
    page = Coordinator(lite_site).says("my chest hurts and I cant breathe")
    assert "A warning sign: emergency : emergency . Because of Chest pain" in page
    assert "Would be done A task is opened: Emergency words (emergency)" in page
    assert "Would be done Automated messages wait for 60 minutes." in page


def test_a_made_up_visit_is_told_once_the_date_of_birth_was_given(lite_site: TestSite) -> None:
    tester = Coordinator(lite_site)
    assert "The made-up patient is Alex, born 05/17/1950." in tester.page
    tester.says("when is my appointment")
    assert "A wrong date of birth is counted." in tester.says("05/18/1950")
    page = tester.says("05/17/1950")
    assert "The number may be told details for 30 days." in page
    assert "Mon, Nov 23 at 9:30 AM" in page
    unknown = Coordinator(lite_site, visit="none")
    unknown.says("when is my appointment")
    assert "Mon, Nov 23" not in unknown.says("05/17/1950")


def test_the_reply_to_a_reminder(lite_site: TestSite) -> None:
    tester = Coordinator(lite_site, visit="reminded", language="es")
    assert "Alex" in tester.page
    page = tester.says(key="1")
    assert "The visit is marked as confirmed." in page


def test_a_call_goes_to_the_desk_and_back(lite_site: TestSite) -> None:
    tester = Coordinator(lite_site, channel="voice")
    assert "in an emergency, hang up and call 9 1 1" in tester.page
    assert "The desk's phone rings." in tester.says("0")
    tester.says(dialled="no-answer")
    assert "1 a voice message 2 a call back" in tester.page
    tester.says(key="1")
    assert "Leave a message" in tester.page
    assert "A message was left." in tester.says(recorded="20")
    assert "The call is over." in tester.page


def test_an_opt_out_counts_in_the_turns_after_it(lite_site: TestSite) -> None:
    tester = Coordinator(lite_site)
    assert "Automated messages are switched off." in tester.says("STOP")
    assert "Automated messages are switched on again." in tester.says("START")


def test_nothing_is_stored_and_nothing_stands_in_an_address(site: TestSite) -> None:
    def rows() -> dict[str, int]:
        with site.database.reading() as session:
            counts = {
                table.name: session.scalar(select(func.count()).select_from(table)) or 0
                for table in Base.metadata.sorted_tables
            }
        return {name: count for name, count in counts.items() if name != "staff"}

    before = rows()
    tester = Coordinator(site)
    tester.says("when is my appointment")
    tester.says("05/17/1950")
    tester.says("I can't come, my name is Quackenbush")
    assert rows() == before
    addresses = re.findall(r'(?:href|action|hx-\w+)="([^"]*)"', tester.html)
    assert not any("1950" in each or "Quackenbush" in each for each in addresses)
    assert 'method="post"' in tester.html


def test_a_talk_that_was_tampered_with_is_refused(lite_site: TestSite) -> None:
    tester = Coordinator(lite_site)
    found = _TALK.search(tester.html)
    assert found
    for talk in ("", "nonsense", unescape(found[1])[:-2] + "xx"):
        answer = tester.visitor.post(HERE, {"talk": talk, "text": "hi"})
        assert answer.status_code == 422
        assert "This talk can&#39;t be gone on with. Begin a new one." in answer.text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"days": "99"}, "From 0 to 60."),
        ({"days": "x"}, "Not a valid integer value."),
        ({"clock": ""}, "Enter the time, like 09:30."),
        ({"days": "0", "clock": "00:10"}, "The visit must lie ahead."),
        ({"clinic": "nowhere"}, "Not a valid choice."),
    ],
)
def test_a_beginning_that_can_not_be(lite_site: TestSite, wrong: dict[str, str], said: str) -> None:
    answer = lite_site.visitor().post(HERE, {**SETUP, **wrong})
    assert answer.status_code == 422
    assert said in text_of(answer.text)


def test_a_long_talk_is_played_to_its_end() -> None:
    setup = Setup("ara-health", Channel.SMS, "en", Visit.NONE, "kyphoplasty", NOW, NOW)
    steps = tuple(Step("said", "menu", NOW) for _ in range(60))
    played = play(LIBRARY, ARA, Talk(setup, steps))
    assert len(played.turns) == 61
    assert [each.key for each in played.choices] == list("12345678")


def test_a_key_long_after_its_menu_is_taken_for_what_it_is() -> None:
    starts = local("2026-11-23T09:30")
    setup = Setup("ara-health", Channel.SMS, "en", Visit.BOOKED, "kyphoplasty", starts, NOW)
    steps = (Step("said", "menu", NOW), Step("said", "4", starts))
    understood = play(LIBRARY, ARA, Talk(setup, steps)).turns[-1].understood
    assert understood is not None
    assert understood.rule == "expired"
