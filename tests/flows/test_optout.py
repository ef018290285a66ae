"""Opting out: the carriers' words as whole messages, and people's own words."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from flows import optout
from flows.lexicon import Pattern, expand_all
from flows.optout import (
    Keyword,
    carrier_keyword,
    is_yes,
    plain_language_opt_out,
    prefers_another_way,
    stop_signs,
    wants_calls_instead,
)
from flows.text import fold
from tests.support.labelled import labelled


@pytest.mark.parametrize(
    ("keyword", "spellings"),
    [
        (Keyword.STOP, "STOP STOPALL UNSUBSCRIBE END QUIT REVOKE OPTOUT ALTO PARAR BAJA DETENER"),
        (Keyword.CANCEL, "CANCEL CANCELAR"),
        (Keyword.START, "START UNSTOP INICIAR EMPEZAR COMENZAR"),
        (Keyword.HELP, "HELP INFO AYUDA"),
    ],
)
def test_a_carriers_word_is_the_whole_message(keyword: Keyword, spellings: str) -> None:
    for word in spellings.split():
        for text in (word, word.lower(), f" {word.title()}!! ", f"“{word}.” 🙏", f"{word}\n"):
            assert carrier_keyword(text) is keyword
        assert carrier_keyword(f"{word} to see you") is None


@pytest.mark.parametrize("text", ["opt out", "OPT-OUT", "Stop all", "dar de baja", "DAR DE BAJA."])
def test_words_that_are_two_count_too(text: str) -> None:
    assert carrier_keyword(text) is Keyword.STOP


@pytest.mark.parametrize(
    "text",
    [
        "",
        "!!",
        "help me please",
        "necesito ayuda",
        "stopp",
        "yes",
        "stop it",
        "1",
        "end of the month",
    ],
)
def test_anything_else_is_no_carriers_word(text: str) -> None:
    assert carrier_keyword(text) is None


@pytest.mark.parametrize(
    ("text", "yes"),
    [("YES", True), ("yes!", True), ("Sí", True), ("si", True), ("yes but when", False)],
)
def test_a_yes_is_told_apart(text: str, yes: bool) -> None:
    assert is_yes(text) is yes
    assert carrier_keyword(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "please remove my number",
        "no more texts",
        "dont text me anymore",
        "quit texting me",
        "unsubscribe me please",
        "take me off the list",
        "please opt me out",
        "STOP PLEASE",
        "no mas",
        "no quiero más mensajes",
        "no me manden mensajes",
        "déjenme de escribir",
    ],
)
def test_own_words_opt_out(text: str) -> None:
    assert plain_language_opt_out(text)


@pytest.mark.parametrize(
    "text",
    [
        "cancel my appointment",
        "stop eating when?",
        "when do i stop eating",
        "stop my warfarin?",
        "can I stop taking aspirin",
        "cancelar mi cita",
        "I want to stop the pain",
        "end of the month",
        "please don't stop texting me",
        "what happens if i reply stop",
        "no dejen de mandarme mensajes",
        "text me the address",
    ],
)
def test_other_things_that_end_or_stop_do_not(text: str) -> None:
    assert not plain_language_opt_out(text)


@pytest.mark.parametrize(
    "text",
    [
        "don't call, text me",
        "stop calling my landline, use my cell",
        "don't text my daughter, text me",
        "dont call me at work, call my home phone",
        "no llamen a la casa, llamen al celular",
        "no me llamen a mí, llamen a mi hija",
    ],
)
def test_wanting_another_way_or_place_is_no_opt_out(text: str) -> None:
    assert prefers_another_way(text)
    assert not plain_language_opt_out(text)


@pytest.mark.parametrize(
    "text",
    [
        "stop texting me. you call me every day too",
        "stop texting or i will call my lawyer",
        "i said do not call me",
        "I never want you to text me",
        "no me llamen ni me manden mensajes",
        "ya no quiero que me llamen",
    ],
)
def test_taking_both_back_or_threatening_is_one(text: str) -> None:
    assert plain_language_opt_out(text)


@pytest.mark.parametrize(
    "text",
    [
        "don't text me, call me",
        "please call, don't text, my eyes are bad",
        "no texts, I want a call",
        "I prefer a phone call not a text",
        "no me manden mensajes, llámenme",
        "no mensajes, solo llamadas",
        "quiero que me llame alguien, no que me escriban",
        "please don't text me, call me if there is a problem",
        "stop texting me, call me in the morning",
        "stop texting me call me before noon",
        "no more texts. call me before my appointment",
        "Good morning don't text me, call me",
        "I cant read them, didnt learn to read. dont text me, call me",
        "ya no me manden mensajes, mejor llámenme cuando sea mi cita",
        "no más mensajes, no veo las letras, llámenme mañana",
        "favor de no enviar mensajes, mejor llámenme",
        "favor de no mandarme mensajes, llámenme",
        "no escribirme, mejor llámenme",
        "dejen de mandarme mensajes, mejor llámenme",
        "Stop... texting me, call me",
        "Don't - text me. Call me",
        "Stop. Texting me. Call me.",
    ],
)
def test_wanting_calls_and_no_texts_takes_back_the_texts_alone(text: str) -> None:
    assert wants_calls_instead(text)
    assert not plain_language_opt_out(text)


@pytest.mark.parametrize(
    "text",
    [
        "don't text or call me",
        "i cant text, call me",
        "please call me, I did not get the text",
        "call me when my turn comes, don't text my husband",
        "i will call you, dont text me",
        "no me escriban más, voy a llamar a la policía",
        "dont stop texting me, and call me too",
        "call me, I got no text",
        "no text yet, please call me",
        "I want a call if there is no text",
        "don't text me at night, call me in the morning",
        "no me mandaron nada, llámenme",
        "no me escribieron, márquenme",
        "no hay mensajes, llámenme",
        "dont text me at night call me in the morning",
        "no me manden mensajes de noche, llámenme mañana",
        "no dejen de mandarme mensajes, y llámenme también",
        "no sé escribir, llámenme",
        "If it's urgent, don't text me, call me",
        "At night, don't text me, call me",
        "don't text me, only if it is urgent, call me",
        "De noche, no me manden mensajes, llámenme",
    ],
)
def test_other_words_about_texts_and_calls_are_not_that(text: str) -> None:
    assert not wants_calls_instead(text)


def test_wanting_messages_is_told_apart() -> None:
    assert stop_signs("please don't stop the reminders") == ["o:KEEP"]
    assert stop_signs("no dejen de mandarme mensajes") == ["o:KEEP"]
    assert stop_signs("stop the reminders") == ["o:RULE"]


@pytest.mark.parametrize("lang", ["en", "es"])
@pytest.mark.parametrize(
    ("name", "recall", "false_alarms"),
    [("optout/dev.tsv", 0.99, 0.01), ("optout/heldout.tsv", 0.93, 0.03)],
)
def test_labelled_messages(name: str, recall: float, false_alarms: float, lang: str) -> None:
    """heldout.tsv was never looked at while the words were chosen."""
    rows = [(label, text) for language, label, text in labelled(name) if language == lang]
    wanted = [plain_language_opt_out(text) for label, text in rows if label == "yes"]
    unwanted = [plain_language_opt_out(text) for label, text in rows if label == "no"]
    assert sum(wanted) >= recall * len(wanted)
    assert sum(unwanted) <= false_alarms * len(unwanted)


def test_no_phrase_of_the_data_holds_a_filler_which_would_keep_it_from_ever_matching() -> None:
    source = Path(optout.__file__).with_name("optout.yaml")
    data = yaml.safe_load(source.read_text(encoding="utf-8"))
    fillers = set(data["fillers"].split())
    phrases = {
        phrase for listed in data["concepts"].values() for phrase in expand_all(fold(listed))
    }
    assert not [phrase for phrase in phrases if fillers & set(phrase.split())]
    named = {name for rule in data["rules"] for name in rule.get("unless", [])}
    for rule in data["rules"]:
        named |= {name for pattern in rule["patterns"] for name in Pattern.parse(pattern).concepts}
    assert named <= {*data["concepts"], "STRONG", "SOFT"}


@pytest.mark.parametrize(("lang", "recall"), [("en", 0.75), ("es", 0.9)])
def test_messages_in_the_words_of_many_people(lang: str, recall: float) -> None:
    """The rules alone, as in a call; none of these messages is an example to learn from."""
    rows = labelled(f"optout/own_words_{lang}.tsv")
    wanted = [plain_language_opt_out(text) for _, label, text in rows if label == "yes"]
    unwanted = [plain_language_opt_out(text) for _, label, text in rows if label == "no"]
    assert sum(wanted) >= recall * len(wanted)
    assert sum(unwanted) <= 0.03 * len(unwanted)
