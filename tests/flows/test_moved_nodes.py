"""Conversations in flight outlive changes of the content: nodes that moved, and nodes that went."""

from __future__ import annotations

import datetime as dt
from functools import cache

import pytest

from flows.engine import take_turn
from flows.library import CONTENT, START, Library, load_library
from flows.model import Event, Facts, Session, Turn
from flows.says import sms_body
from tests.support.csv_files import ROOT, sample_profiles

NOW = dt.datetime(2026, 11, 20, 15, 0, tzinfo=dt.UTC)


@cache
def library() -> Library:
    return load_library(CONTENT, ROOT / "tests" / "data" / "flows" / "moved")


def take(session: Session, text: str) -> Turn:
    """One turn with the content of `tests/data/flows/moved`."""
    facts = Facts(sample_profiles()["ara-health"], NOW)
    return take_turn(library(), session, Event(text), facts)


def test_a_conversation_goes_on_at_the_node_that_took_a_place() -> None:
    session = Session("en", waiting="bone_health.menu", said="bone_health.stronger", turn=4)
    assert "Here is what you can do." in sms_body(take(session, "*").says)
    turn = take(session, "2")
    assert turn.says[0].text == "We look after you."
    assert turn.session.waiting == "bone_health.strong_bones"


def test_history_follows_moved_nodes() -> None:
    session = Session(
        "en", waiting="prep.menu", said="prep.menu", history=("bone_health.menu",), turn=4
    )
    assert take(session, "#").says[0].text.startswith("Strong bones.")


@pytest.mark.parametrize("ref", ["no.such", "bone_health.list", "prep.fasting"])
def test_a_conversation_that_waits_where_no_menu_is_goes_on_at_the_main_menu(ref: str) -> None:
    """Its node is gone, or is no menu any more."""
    session = Session("en", waiting=ref, said="no.such", history=(ref,), turn=4)
    assert take(session, "*").says[0].text.startswith("ARA Health")
    assert take(session, "7").session.waiting == "appointment.menu"
    assert take(session, "#").session.waiting == START
