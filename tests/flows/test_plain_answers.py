"""Answers to the check-list with courtesy around them, and what is named without a yes or no."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest

from flows.asking import with_question
from flows.checklist import plain_answer
from flows.engine import take_turn
from flows.known import PrepAnswer
from flows.library import default_library
from flows.model import Event, Facts, Session, Subject, Turn
from flows.text import words
from tests.support.csv_files import sample_profiles

NOW = dt.datetime(2026, 11, 20, 18, 0, tzinfo=dt.UTC)
VISIT = 41
THINNERS, ALLERGIES, DRIVER = "ready.thinners", "ready.allergies", "ready.driver"


def asked(check: str, *before: str) -> Session:
    """The conversation at a question of the check-list, after these further texts."""
    about = Subject(VISIT, 1, "Mary", "Sat, Nov 21", NOW + dt.timedelta(hours=20))
    session = say(with_question(Session("en", turn=1), about, NOW), "3").session
    session = msgspec.structs.replace(session, waiting=check, said=check)
    for text in before:
        session = say(session, text).session
    return session


def say(session: Session, text: str) -> Turn:
    facts = Facts(sample_profiles()["ara-health"], NOW)
    return take_turn(default_library(), session, Event(text), facts)


def stored(turn: Turn) -> str:
    answers = [effect.answer for effect in turn.effects if isinstance(effect, PrepAnswer)]
    return answers[0] if answers else ""


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Yes ma'am", "yes"),
        ("yeah I do", "yes"),
        ("yes, yes", "yes"),
        ("sí, señor", "si"),
        ("no thank you", "no"),
        ("No, I don't take any", "no"),
        ("No, I do take it", "no i do take it"),
        ("no i do", "no i do"),
        ("No I will not", "no i will not"),
        ("please", ""),
    ],
)
def test_courtesy_is_left_out(text: str, plain: str) -> None:
    assert " ".join(plain_answer(words(text))) == plain


@pytest.mark.parametrize(
    ("check", "text", "answer"),
    [
        (THINNERS, "I take warfarin", "takes_one"),
        (THINNERS, "1 eliquis", "takes_one"),
        (ALLERGIES, "3 penicillin", "not_told"),
        (ALLERGIES, "penicilina", "not_told"),
        (THINNERS, "None of those blood thinners", ""),
        (THINNERS, "I haven't taken aspirin in years", ""),
        (THINNERS, "my husband takes aspirin", ""),
        (THINNERS, "tampoco tomo aspirina", ""),
        (THINNERS, "should I stop warfarin", ""),
        (ALLERGIES, "I told you about my latex allergy", ""),
    ],
)
def test_what_is_named_is_a_yes_unless_it_is_denied(check: str, text: str, answer: str) -> None:
    assert stored(say(asked(check), text)) == answer


@pytest.mark.parametrize("between", ["0", "I have chest pain"])
@pytest.mark.parametrize("text", ["no thanks", "yes sir", "eliquis"])
def test_what_answers_something_else_is_not_stored(between: str, text: str) -> None:
    assert stored(say(asked(THINNERS, between), text)) == ""


def test_a_visit_is_called_off_from_the_check_list_and_never_confirmed() -> None:
    off = say(asked(DRIVER), "cant make it")
    assert [type(effect).__name__ for effect in off.effects] == ["CannotCome", "OpenTask"]
    for text in ("confirmed", "see you", "I will be there", "yes sir"):
        effects = say(asked(DRIVER), text).effects
        assert "Confirm" not in [type(effect).__name__ for effect in effects]


def test_spanish_is_asked_for_from_the_check_list() -> None:
    turn = say(asked(DRIVER), "I dont speak English, español por favor")
    assert turn.session.language == "es"
