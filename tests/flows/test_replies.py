"""Replies in one's own words: which name the coming, which are a yes or a no, which are unclear."""

from __future__ import annotations

import datetime as dt

import pytest

from flows.replies import Reply, is_bare_yes, is_mere_reply, read_reply, tells_of_death

WEDNESDAY = dt.datetime(2026, 11, 25, 9, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "text",
    [
        "I'll be there",
        "Will be there at 9:30",
        "will be there with my daughter",
        "Will do, I'll be there",
        "am coming tomorrow",
        "I wont be late, I'll be there",
        "I will be there, let me know if anything changes",
        "I'll be there, hope to see you",
        "How wonderful, I'll be there",
        "my daughter is bringing me, will be there",
        "I'll be there. What time should I arrive?",
        "I'll be there but I ate breakfast",
        "no problem ill be there",
        "Yes ma'am, Lord willing I'll be there. God bless",
        "I got your message and I will be there tomorrow at 8:30, my neighbor is driving me",
        "yes I'll be there wednesday",
        "I'll be there on the 25th",
        "we are planning to be there at 8:30",
        "yes confirming my appointment",
        "Wouldn't miss it",
        "yes ill be there bright and early thank you honey",
        "of course I will be there God willing with my daughter Linda",
        "oh yes honey I'll be there at nine",
        "i wil be ther",
        "gracias por recordarme ahi estaremos primero Dios",
        "vamos a estar allá",
        "confirmo que sí voy",
        "Está bien, ahí estaré",
        "No se preocupe, ahí estaré",
        "ahí estaré, no voy a faltar",
        "Sí, ahí estaré. ¿A qué hora llego?",
        "Sí señorita, ahí voy a estar.",
        "Sí, si Dios quiere ahí estaré",
        "entonces sí voy",
        "Confirmo",
    ],
)
def test_coming(text: str) -> None:
    assert read_reply(text, [WEDNESDAY]) is Reply.COMING


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "Y",
        "Yes ma'am",
        "yup",
        "yea",
        "sure thing",
        "Will do",
        "You bet",
        "No problem, see you tomorrow",
        "Yes. What time do I need to be there again?",
        "Yes! Where do I park?",
        "Sí señora",
        "claro que sí",
        "Yes Wednesday",
        "see you at 9",
        "Roger that",
        "got it, see you tomorrow",
    ],
)
def test_a_yes_to_whatever_was_asked(text: str) -> None:
    assert read_reply(text, [WEDNESDAY]) is Reply.YES


@pytest.mark.parametrize(
    "text",
    [
        "I can't come tomorrow",
        "Mom fell last night and is in the hospital, she won't be able to make it tomorrow",
        "Nobody will be there",
        "Neither of us can come",
        "None of us are coming",
        "I shan't be there",
        "I won't be there tomorrow, see you next week",
        "I can't come because my daughter is sick",
        "ahí no estaré",
        "no estaremos",
        "no cuente conmigo",
        "ninguno va a ir",
        "fíjese que no voy a poder ir porque se enfermó mi esposo",
    ],
)
def test_not_coming(text: str) -> None:
    assert read_reply(text, [WEDNESDAY]) is Reply.NOT_COMING


@pytest.mark.parametrize(
    "text",
    ["I can't", "No I can't", "Sorry can't", "Actually I can't, my car broke down", "No puedo"],
)
def test_a_no_to_what_was_asked(text: str) -> None:
    assert read_reply(text, [WEDNESDAY]) is Reply.CANNOT


@pytest.mark.parametrize(
    "text",
    [
        "I don't think I will be there",
        "not sure ill be there",
        "I'll be there, if my ride comes",
        "I'll be there unless I get sick",
        "I will be there if my knee lets me",
        "No I will not confirm",
        "I cannot confirm yet",
        "I want to confirm the time",
        "is it confirmed",
        "will my husband be there too",
        "my daughter will be there",
        "I hope to be there",
        "so I'll be there?",
        "Yes?",
        "Yes, this is she.",
        "Yes, I'll tell her.",
        "Yes, call me",
        "Mary is coming but Joe can't",
        "I can't come Friday but I'll be there Wednesday",
        "what if I can't make it",
        "can I not come",
        "my husband can't make it",
        "confirm cancellation",
        "I confirm I want to cancel",
        "please confirm with my daughter",
        "I'll be there as long as the weather holds",
        "I think I'll be there",
        "my neighbor said she will be there",
        "I will be there to pick up my husband",
        "I'll be there December 1",
        "I will be there for how long",
        "we'll be there but not at 9",
        "nobody can come with me",
        "can't make it any earlier",
        "I can't come early",
        "I won't be there on time",
        "I can't come in the morning",
        "I can't come with my daughter",
        "no puedo llegar a tiempo",
        "no puedo llegar temprano",
        "I can't come before 9",
        "I can't come without my walker",
        "I may not be able to come",
        "I didn't say I can't come",
        "not coming today but tomorrow",
        "no voy a llegar tarde",
        "no puedo ir sola",
        "y si no puedo ir",
        "voy al baño",
        "voy mejorando",
        "quien sabe si voy",
        "confirmo la cancelación",
        "I can't come to the phone",
        "I'm coming down with a cold",
        "no sé si voy",
        "no creo que sí voy",
        "mi hija va, ahí estará",
        "Si puedo voy",
        "Voy a preguntar",
        "aquí estaré esperando su llamada",
        "¿Sí?",
    ],
)
def test_unclear(text: str) -> None:
    assert read_reply(text, [WEDNESDAY]) is Reply.UNCLEAR


@pytest.mark.parametrize(
    "text",
    [
        "I'll try",
        "Mañana no me queda bien",
        "I'll be waiting by the phone",
        "I can't go to the bathroom",
        "no",
        "",
        "?",
    ],
)
def test_nothing_of_coming(text: str) -> None:
    assert read_reply(text, [WEDNESDAY]) is Reply.NOTHING


@pytest.mark.parametrize(
    "text",
    [
        "I'll come Friday",
        "I'll be there next month",
        "I will be there on the 30th",
        "Yes Thursday",
        "Yes, I'll be there at 11",
        "I'll be there at 4 pm",
        "sí el jueves",
        "voy el lunes",
        "I can't come Monday",
    ],
)
def test_another_day_or_hour_is_no_answer_about_this_visit(text: str) -> None:
    assert read_reply(text, [WEDNESDAY]) is Reply.UNCLEAR


def test_an_hour_before_the_visit_begins_is_its_own() -> None:
    for text in ("I'll be there at 9", "I'll be there at 9:30 am", "I'll be there at 7"):
        assert read_reply(text, [WEDNESDAY]) is Reply.COMING
    evening = WEDNESDAY.replace(hour=13, minute=0)
    assert read_reply("I'll be there at 12 30", [evening]) is Reply.COMING
    assert read_reply("I'll be there at 1", [evening]) is Reply.COMING
    assert read_reply("I'll be there at 1 am", [evening]) is Reply.UNCLEAR
    assert read_reply("I'll be there at 9") is Reply.UNCLEAR, "no visit is known"


def test_a_very_long_reply_is_read_in_no_time() -> None:
    for part in ("yes ", "yes please thank you ", "be there and ", "i will see you well bye "):
        assert isinstance(read_reply(part * 300 + "x", [WEDNESDAY]), Reply)
    assert isinstance(read_reply("i cant be able to " * 300 + "x", [WEDNESDAY]), Reply)


def test_a_question_is_no_bare_yes() -> None:
    assert is_bare_yes("yes yes yes")
    assert not is_bare_yes("yes?")
    assert not is_bare_yes("yes I ate")


def test_deaths_are_told() -> None:
    assert tells_of_death("Mary passed away on Friday")
    assert tells_of_death("mi mamá falleció")
    assert not tells_of_death("has anyone died of this?")


def test_a_mere_reply_tells_nothing_else() -> None:
    for text in ("I can't", "No I cannot", "I am unable to come, sorry", "yes ma'am", "ahí estaré"):
        assert is_mere_reply(text)
    for text in (
        "I can't feel it",
        "I can't come, my arm is limp",
        "I can't come because I fell",
        "no",
    ):
        assert not is_mere_reply(text)
