"""Guessing the language of someone's first words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.language import guess_language
from flows.text import words

BUSY = settings(deadline=None)  # a busy machine is not a fault


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("hi", "en"),
        ("Hello there", "en"),
        ("Can I drink coffee?", "en"),
        ("my mother has an appointment", "en"),
        ("hola", "es"),
        ("¡Buenos días!", "es"),
        ("¿Puedo tomar agua?", "es"),
        ("¿Cuándo es mi cita?", "es"),
        ("quiero saber de la cifoplastia", "es"),
        ("stop messaging me", "en"),
        ("one leg drags behind me like a sack", "en"),
        ("drags behind me", None),
        ("me ahogo", "es"),
        ("chest pains", "en"),
        ("tell me about spinal fractures", "en"),
        ("me caí ayer y ya no puedo", "es"),
        ("no me dejen mensajes", "es"),
        ("kyphoplasty", None),
        ("ok", None),
        ("1", None),
        ("", None),
        ("🙂", None),
        ("Hello, hola", None),
        ("no", None),
        ("hola, do you speak English? I need help with my appointment", "en"),
    ],
)
def test_language_of_first_words(text: str, language: str | None) -> None:
    assert guess_language(words(text)) == language


@BUSY
@given(st.text(max_size=200))
def test_any_text_is_in_a_language_that_is_served_or_in_none(text: str) -> None:
    assert guess_language(words(text)) in ("en", "es", None)


@BUSY
@given(st.lists(st.sampled_from("hola what agua water xyz cita".split())))
def test_order_of_the_words_does_not_matter(said: list[str]) -> None:
    assert guess_language(said) == guess_language(list(reversed(said)))
