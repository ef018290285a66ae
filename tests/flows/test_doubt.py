"""Words that sound like "I will be there": which of them confirm a visit, and which ask back."""

from __future__ import annotations

import pytest

from flows.doubt import is_in_doubt


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
        "no problem ill be there",
        "Está bien, ahí estaré",
        "No se preocupe, ahí estaré",
        "ahí estaré, no voy a faltar",
        "Sí, ahí estaré. ¿A qué hora llego?",
    ],
)
def test_plain_words_confirm(text: str) -> None:
    assert not is_in_doubt(text)


@pytest.mark.parametrize(
    "text",
    [
        "I don't think I will be there",
        "not sure ill be there",
        "I'll be there, if my ride comes",
        "No I will not confirm",
        "I cannot confirm yet",
        "is it confirmed",
        "will my husband be there too",
        "my daughter will be there",
        "I hope to be there",
        "so I'll be there?",
        "no sé si voy",
        "no creo que sí voy",
        "mi hija va, ahí estará",
    ],
)
def test_other_words_ask_back(text: str) -> None:
    assert is_in_doubt(text)
