"""The scenario files' own form: what is read, and that every mistake is found and placed."""

from __future__ import annotations

import datetime as dt

import pytest

from flows.model import CarrierWord
from tests.support.scenario_outcomes import Outcome, judge, profile_for
from tests.support.scenarios import Asked, Moved, Passes, ScenarioError, Text, Visit, parse
from tests.support.scenarios_by_call import CallTalk, cannot_be_called
from tests.support.scenarios_by_engine import EngineTalk
from tests.support.scenarios_by_text import TextTalk
from tests.support.web import bot_on

MARY = Visit("Mary", "2026-11-25T09:30")


def outcome(
    answer: str = "Drink nothing.",
    *,
    keys: str = "1 2",
    kind: str = "answer",
    labels: str = "prep.drinks",
    effects: list[str] | None = None,
) -> Outcome:
    return Outcome(answer, keys, kind, labels, effects or [])


def only_text(content: str) -> Text:
    (text,) = parse(content, "x.txt").texts
    return text


def test_what_is_given_is_read() -> None:
    scenario = parse(
        "# A comment.\nclinic iowa-radiology\nlanguage es\nphone +15155550123\n"
        "now 2026-11-21T08:00\napproved prep.drinks | Water. | Agua.\nonly sms\n\n> hi\n< Iowa\n",
        "x.txt",
    )
    assert (scenario.clinic, scenario.language, scenario.phone) == (
        "iowa-radiology",
        "es",
        "+15155550123",
    )
    assert scenario.now == "2026-11-21T08:00"
    assert not scenario.by_phone_too
    assert profile_for(scenario).approved_texts["prep.drinks"].text.es == "Agua."


def test_steps_are_read() -> None:
    scenario = parse(
        "asked Mary 2026-11-25T09:30\nmoved Mary 2026-11-25T09:30 2026-11-26T10:00\n"
        "cancelled Mary 2026-11-26T10:00\n@ +25h\n>\npicture 2\npicture 1 look\n"
        "long 10 ab cd\ncarrier STOP Stop\nsilence\n",
        "x.txt",
    )
    moved_to = Visit("Mary", "2026-11-26T10:00")
    assert scenario.steps[:4] == [
        Asked(MARY),
        Moved(MARY, moved_to),
        Moved(moved_to, None),
        Passes(dt.timedelta(hours=25)),
    ]
    assert [(text.body, text.media, text.carrier) for text in scenario.texts] == [
        ("", 0, None),
        ("", 2, None),
        ("look", 1, None),
        ("ab cd ab c", 0, None),
        ("Stop", 0, CarrierWord.STOP),
    ]


@pytest.mark.parametrize(
    ("content", "place", "why"),
    [
        ("> hi\nsays hello\n< hi", "x.txt:2", "'says hello' is not a line"),
        ("> hi\n? maybe\n", "x.txt:2", "'? maybe' is not in order"),
        ("> hi\n= task nonsense normal\n", "x.txt:2", "is not in order"),
        ("> hi\n= confirm Mary\n", "x.txt:2", "is not in order"),
        ("> hi\nkeys 9\n", "x.txt:2", "is not in order"),
        ("> hi\n<\n", "x.txt:2", "is not in order"),
        ("> hi\nsilence please\n", "x.txt:2", "is not in order"),
        ("> hi\n< hi\n@ 25h\n", "x.txt:3", "is not in order"),
        ("> hi\n< hi\nlanguage es\n", "x.txt:3", "before the first step"),
        ("language es\nlanguage en\n> hi\n< hi\n", "x.txt:2", "once at most"),
        ("language de\n> hi\n< hi\n", "x.txt:1", "is not in order"),
        ("< hi\n> hi\n", "x.txt:1", "must follow something that the patient says"),
        ("asked Mary 2026-11-25T09:30\n= hold 60\n", "x.txt:2", "must follow"),
        ("asked Mary tomorrow\n> 1\n< hi\n", "x.txt:1", "is not in order"),
        ("> hi\n", "x.txt", "nothing is expected"),
    ],
)
def test_mistake_is_placed(content: str, place: str, why: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        parse(content, "x.txt")
    assert str(caught.value).startswith(f"{place}: ")
    assert why in str(caught.value)


@pytest.mark.parametrize(
    ("expected", "place", "why"),
    [
        ("< Eat", "x.txt:2", "'Eat' is missing"),
        ("< drink", "x.txt:2", "'drink' is missing"),
        ("! NOTHING", "x.txt:2", "'NOTHING' must not be there"),
        ("sms< Eat", "x.txt:2", "'Eat' is missing"),
        ("sms! drínk", "x.txt:2", "'drínk' must not be there"),
        ("keys 1 2 3", "x.txt:2", "the keys are '1 2'"),
        ("? choices", "x.txt:2", "understood as 'answer prep.drinks'"),
        ("? answer prep.fasting", "x.txt:2", "understood as 'answer prep.drinks'"),
        ("silence", "x.txt:1", "the answer is 'Drink nothing.'"),
        ("= hold 60", "x.txt:1", "what is done is []"),
    ],
)
def test_difference_is_placed(expected: str, place: str, why: str) -> None:
    with pytest.raises(AssertionError) as caught:
        judge(only_text(f"> hi\n{expected}\n"), outcome())
    assert str(caught.value).startswith(f"{place}: ")
    assert why in str(caught.value)


def test_what_is_done_must_be_named() -> None:
    with pytest.raises(AssertionError, match=r"x\.txt:1: what is done is \['hold 60'\]"):
        judge(only_text("> hi\n< Drink\n"), outcome(effects=["hold 60"]))


def test_silence_must_be_named() -> None:
    with pytest.raises(AssertionError, match=r"x\.txt:1: the answer is ''"):
        judge(only_text("> hi\n? answer\n"), outcome(""))


@pytest.mark.parametrize(
    "expected",
    ["< Drink nothing.", "! eat", "keys 1 2", "? answer", "? answer prep.drinks"],
)
def test_what_fits_passes(expected: str) -> None:
    judge(only_text(f"> hi\n{expected}\n"), outcome())


def test_blanks_and_line_ends_count_as_one_blank() -> None:
    judge(only_text("> hi\n< one two three\n"), outcome("one\n\ntwo  three"))


def test_only_texts_may_lose_accents() -> None:
    text = only_text("> hi\n< está aquí\n")
    judge(text, outcome("esta aquí"), accents=False)
    with pytest.raises(AssertionError, match="is missing"):
        judge(text, outcome("esta aquí"))


@pytest.mark.parametrize(
    "content",
    [
        "> hi\n< Nonsense\n",
        "> hi\nkeys 1\n",
        "> 0\n< call\n",  # the task is not named
        "> STOP\n< START\n= opt_out own_words\n",
        "asked Mary 2026-11-25T09:30\n> 1\n= confirm Joe 2026-11-25T09:30\n",
        "asked Mary 2026-11-25T09:30\n> 2\n= cannot_come Mary 2026-11-25T09:30\n",
        "> español\n? command\n",
        "> my legs are numb\n= task emergency emergency cord\n",
        "carrier HELP help\n< help\n",
    ],
)
def test_both_drivers_notice_a_difference(content: str, sqlite_url: str) -> None:
    scenario = parse(content, "x.txt")
    with pytest.raises(AssertionError, match=r"x\.txt:\d+: "):
        EngineTalk(scenario).hold()
    with bot_on(sqlite_url) as bot, pytest.raises(AssertionError, match=r"x\.txt:\d+: "):
        TextTalk(scenario, bot).hold()


def test_a_line_may_be_for_one_channel_only() -> None:
    text = only_text("> hi\nsms< Eat\nvoice< Drink\nvoice? answer\nsms? choices\n")
    judge(text, outcome(), by_call=True)
    with pytest.raises(AssertionError, match=r"x\.txt:2: "):
        judge(text, outcome())


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("only sms\n> hi\n< hi\n", "texts only"),
        ("> hi\n< hi\nasked Mary 2026-11-25T09:30\n> 1\n", "begins with it"),
        ("asked Mary 2026-11-25T09:30\ncancelled Mary 2026-11-25T09:30\n> 1\n< hi\n", "moved"),
        ("> hi\n< hi\n@ +1h\n> hi\n", "last that long"),
    ],
)
def test_what_cannot_be_held_in_one_call_is_named(content: str, why: str) -> None:
    assert why in (cannot_be_called(parse(content, "x.txt")) or "")


@pytest.mark.parametrize(
    "content",
    [
        "> 4\n< Nonsense\n",
        "> 4\nkeys 1\n",
        "> 0\n< connect\n",
        "asked Mary 2026-11-25T09:30\n> 2\n= cannot_come Mary 2026-11-25T09:30\n",
        "> my legs are numb\n= task emergency emergency cord\n",
    ],
)
def test_a_call_notices_a_difference(content: str, sqlite_url: str) -> None:
    with bot_on(sqlite_url) as bot, pytest.raises(AssertionError, match=r"x\.txt:\d+: "):
        CallTalk(parse(content, "x.txt"), bot).hold()
