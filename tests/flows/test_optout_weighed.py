"""Opting out by text as the whole engine sees it: rules, weights, and what speaks against them."""

from __future__ import annotations

import datetime as dt

import pytest

from flows.engine import take_turn
from flows.library import default_library
from flows.model import Event, Facts, Kind, NoMoreTexts, OptOut, Session, Turn
from tests.support.csv_files import sample_profiles
from tests.support.labelled import labelled

NOW = dt.datetime(2026, 11, 20, 18, 0, tzinfo=dt.UTC)


def said(text: str, language: str = "en") -> Turn:
    facts = Facts(sample_profiles()["ara-health"], NOW)
    return take_turn(default_library(), Session(language, turn=1), Event(text), facts)


def is_opt_out(text: str, language: str = "en") -> bool:
    turn = said(text, language)
    opted_out = any(isinstance(effect, OptOut) for effect in turn.effects)
    assert opted_out is (turn.understood.kind is Kind.OPT_OUT)
    return opted_out


@pytest.mark.parametrize(
    "text",
    [
        "drop me from your texting",
        "how do I make it quit",
        "no estoy interesado en sus mensajes",
        "ya no me anden mandando recados al celular",
    ],
)
def test_what_no_rule_knows_is_weighed(text: str) -> None:
    assert is_opt_out(text)


@pytest.mark.parametrize(
    "text",
    [
        "no me avisaron",
        "please dont stop texting me I forget things",
        "no quiero perder los recordatorios",
        "I'm not interested in the procedure",
        "excuse me, when do i stop eating",
        "your messages don't bother me at all",
        "I don't want to miss any texts from you",
        "cancel my appointment, I have the flu",
        "quítenme de la agenda del jueves, no puedo ir",
        "what happens if I text stop",
        "I don't want to stop the texts",
        "no quiero darme de baja",
        "how do I stop texts from a politician",
        "dont want to text with a computer, want a human",
        "the hearing aid company won't leave me alone",
    ],
)
def test_talk_about_messages_and_other_ends_is_none(text: str) -> None:
    assert not is_opt_out(text)


def test_calls_instead_of_texts_is_for_a_person() -> None:
    turn = said("please don't text me, call me")
    assert turn.understood.labels == ("coordinator",)
    assert any(isinstance(effect, NoMoreTexts) for effect in turn.effects)


@pytest.mark.parametrize(
    ("language", "recall", "wrongly"), [("en", 0.95, 0.03), ("es", 0.95, 0.03)]
)
def test_messages_in_the_words_of_many_people(language: str, recall: float, wrongly: float) -> None:
    """None of them is an example to learn from."""
    rows = [(label, text) for _, label, text in labelled(f"optout/own_words_{language}.tsv")]
    for name in ("dev", "heldout"):
        rows += [(row[1], row[2]) for row in labelled(f"optout/{name}.tsv") if row[0] == language]
    wanted = [is_opt_out(text, language) for label, text in rows if label == "yes"]
    unwanted = [is_opt_out(text, language) for label, text in rows if label == "no"]
    assert sum(wanted) >= recall * len(wanted)
    assert sum(unwanted) <= wrongly * len(unwanted)
