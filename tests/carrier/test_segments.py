"""Encoding, parts and cheaper wording, against counts worked out by hand from the specification."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carrier.segments import Encoding, Segments, count, fit, smart

GSM7, UCS2 = Encoding.GSM7, Encoding.UCS2

BASIC_TABLE = (
    "@£$¥èéùìòÇ\nØø\rÅå"
    "Δ_ΦΓΛΩΠΨΣΘΞÆæßÉ"  # 0x1B, the escape, is no character
    " !\"#¤%&'()*+,-./"
    "0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNO"
    "PQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmno"
    "pqrstuvwxyzäöñüà"
)
EXTENSION_TABLE = "\f^{}\\[~]|€"
spanish_and_more = st.text(alphabet="aeoAñÑéÉüÜ¿¡áíóúÁÍÓÚçÇ€[~“”’–…º😀\u0301 \n1", max_size=330)


class TestAlphabet:
    def test_all_127_characters_cost_one_unit(self) -> None:
        assert len(set(BASIC_TABLE)) == 127
        assert [count(character) for character in BASIC_TABLE] == [Segments(GSM7, 1, 1)] * 127

    def test_the_ten_extension_characters_cost_two(self) -> None:
        assert [count(character) for character in EXTENSION_TABLE] == [Segments(GSM7, 2, 1)] * 10

    @pytest.mark.parametrize(
        "character", "áíóúÁÍÓÚçªº«»“”‘’–—…•°`\t\u00a0\u200b\u0301\x1b\x00ÊêãЖ中"
    )
    def test_anything_else_moves_the_text_to_ucs2(self, character: str) -> None:
        assert count(character) == Segments(UCS2, 1, 1)

    def test_an_accent_as_a_mark_of_its_own_is_not_in_the_alphabet(self) -> None:
        assert count("e\u0301") == Segments(UCS2, 2, 1)

    @given(st.text(max_size=400))
    def test_only_the_two_tables_travel_as_gsm(self, text: str) -> None:
        inside = set(text) <= set(BASIC_TABLE + EXTENSION_TABLE)
        assert (count(text).encoding is GSM7) == inside


class TestParts:
    @pytest.mark.parametrize(
        ("text", "encoding", "units", "parts"),
        [
            ("", GSM7, 0, 1),
            ("a", GSM7, 1, 1),
            ("a" * 160, GSM7, 160, 1),
            ("a" * 161, GSM7, 161, 2),
            ("a" * 306, GSM7, 306, 2),
            ("a" * 307, GSM7, 307, 3),
            ("a" * 459, GSM7, 459, 3),
            ("a" * 460, GSM7, 460, 4),
            ("€" * 80, GSM7, 160, 1),
            ("€" * 80 + "a", GSM7, 161, 2),
            ("a" * 158 + "€", GSM7, 160, 1),
            ("a" * 159 + "€", GSM7, 161, 2),
            ("a" * 151 + "€" + "a" * 153, GSM7, 306, 2),
            ("a" * 152 + "€" + "a" * 151, GSM7, 305, 2),
            ("a" * 152 + "€" + "a" * 152, GSM7, 306, 3),
            ("€" * 152, GSM7, 304, 2),
            ("€" * 153, GSM7, 306, 3),
            ("á" * 70, UCS2, 70, 1),
            ("á" * 71, UCS2, 71, 2),
            ("á" * 134, UCS2, 134, 2),
            ("á" * 135, UCS2, 135, 3),
            ("á" + "a" * 69, UCS2, 70, 1),
            ("á" + "€" * 69, UCS2, 70, 1),
            ("😀" * 35, UCS2, 70, 1),
            ("😀" * 36, UCS2, 72, 2),
            ("😀" * 66, UCS2, 132, 2),
            ("😀" * 67, UCS2, 134, 3),
            ("á" * 65 + "😀" + "á" * 67, UCS2, 134, 2),
            ("á" * 66 + "😀" + "á" * 65, UCS2, 133, 2),
            ("á" * 66 + "😀" + "á" * 66, UCS2, 134, 3),
            ("Mañana: ayuno, está bien beber agua", UCS2, 35, 1),
            ("¿Comió algo? Señor Muñoz, él está aquí", UCS2, 38, 1),
            ("¿Vendrá usted? Responda 1 o 2.", UCS2, 30, 1),
            ("¡Señor Ibáñez!", UCS2, 14, 1),
            ("¡Señor Núñez, qué bien!", UCS2, 23, 1),
            ("¡Qué bien, señora Agüero!", GSM7, 25, 1),
        ],
    )
    def test_by_hand(self, text: str, encoding: Encoding, units: int, parts: int) -> None:
        assert count(text) == Segments(encoding, units, parts)

    @given(st.text(max_size=500) | spanish_and_more)
    def test_parts_hold_what_the_specification_allows(self, text: str) -> None:
        cost = count(text)
        alone, numbered = (160, 153) if cost.encoding is GSM7 else (70, 67)
        if cost.units <= alone:
            assert cost.count == 1
        else:  # each part but the last is full, or one unit short before a pair
            assert -(-cost.units // numbered) <= cost.count <= -(-cost.units // (numbered - 1))

    @given(spanish_and_more, spanish_and_more)
    def test_more_text_never_costs_less(self, text: str, more: str) -> None:
        assert count(text + more).count >= count(text).count


class TestSmart:
    @pytest.mark.parametrize(
        ("typographic", "plain"),
        [
            ("don’t", "don't"),
            ("‘a’ “b” „c‟ «d» ‹e›", '\'a\' "b" "c" "d" <e>'),
            ("8–10 — 12 − 2 ‑ 3", "8-10 - 12 - 2 - 3"),
            ("wait…", "wait..."),
            ("• one", "* one"),
            ("1.º 2.ª 20 °C", "1.o 2.a 20 oC"),
            ("½ cup ×2 →", "1/2 cup x2 ->"),
            ("10:00\u202fAM", "10:00 AM"),
            ("a\u00a0b\tc\u3000d\u2003e", "a b c d e"),
            ("a\u200bb\ufeffc\u00add\u2060", "abcd"),
            ("a\u2028b", "a\nb"),
        ],
    )
    def test_look_alikes(self, typographic: str, plain: str) -> None:
        assert smart(typographic) == plain
        assert count(smart(typographic)).encoding is GSM7

    def test_letters_and_emoji_stay(self) -> None:
        kept = "áéíóúñüÁÉÍÓÚÑÜ¿¡çÇ€ 👨\u200d👩\u200d👧 ❤\ufe0f Ж"
        assert smart(kept) == kept

    @given(st.text(alphabet=BASIC_TABLE + EXTENSION_TABLE))
    def test_gsm_text_stays_as_it_is(self, text: str) -> None:
        assert smart(text) == text

    @given(st.text())
    def test_twice_is_once(self, text: str) -> None:
        assert smart(smart(text)) == smart(text)


FASTING = "Su cita es mañana a las 9:00. No coma nada después de las 3:00 de la mañana. "


class TestFit:
    def test_a_short_text_keeps_its_accents(self) -> None:
        text = "Hasta mañana, María. Aquí está todo."
        assert fit(text, keep_accents=False) == text

    def test_accents_go_where_they_alone_cost_a_part(self) -> None:
        text = FASTING + "¿Quién lo llevará a casa? Él o ella debe esperar aquí."
        assert count(text).count == 2
        fitted = fit(text, keep_accents=False)
        assert fitted == FASTING + ("¿Quién lo llevara a casa? Él o ella debe esperar aqui.")
        assert count(fitted) == Segments(GSM7, len(text), 1)

    def test_the_profile_may_keep_them(self) -> None:
        text = FASTING + "¿Quién lo llevará a casa?"
        assert fit(text, keep_accents=True) == text

    def test_only_the_letters_outside_the_alphabet_change(self) -> None:
        text = "áíóúÁÍÓÚç éñüÉÑÜ¿¡àèìòùÇ " * 6
        assert fit(text, keep_accents=False) == "aiouAIOUc éñüÉÑÜ¿¡àèìòùÇ " * 6

    @pytest.mark.parametrize(
        ("name", "bare"),
        [
            ("João", "Joao"),
            ("Łucja", "Lucja"),
            ("Đức", "Duc"),
            ("Žaneta", "Zaneta"),
            ("Nguyễn", "Nguyen"),
        ],
    )
    def test_a_name_of_another_language_does_not_double_the_cost(
        self, name: str, bare: str
    ) -> None:
        assert fit(f"{name}: {FASTING}", keep_accents=False) == f"{bare}: {FASTING}"
        assert fit(f"Hola, {name}.", keep_accents=False) == f"Hola, {name}."

    def test_they_stay_where_dropping_them_saves_nothing(self) -> None:
        text = "Está aquí 😀 " * 10
        assert fit(text, keep_accents=False) == text

    def test_an_ellipsis_is_not_spelled_out_where_that_costs_a_part(self) -> None:
        text = "😀" + "…" * 68
        assert fit(text, keep_accents=False) == text

    def test_separate_accents_are_composed_first(self) -> None:
        spelled_out = unicodedata.normalize("NFD", "Señora Pérez, ¿qué tal?")
        assert fit(spelled_out, keep_accents=False) == "Señora Pérez, ¿qué tal?"
        assert count(fit(spelled_out, keep_accents=False)).encoding is GSM7

    @given(spanish_and_more, st.booleans())
    def test_it_never_costs_more_than_the_text_itself(self, text: str, keep: bool) -> None:
        composed = unicodedata.normalize("NFC", text)
        assert count(fit(text, keep_accents=keep)).count <= count(composed).count

    @given(spanish_and_more)
    def test_dropping_accents_is_never_dearer_than_keeping_them(self, text: str) -> None:
        dropped, kept = fit(text, keep_accents=False), fit(text, keep_accents=True)
        assert count(dropped).count <= count(kept).count
        assert (dropped == kept) == (count(dropped).count == count(kept).count)

    @given(spanish_and_more, st.booleans())
    def test_it_settles(self, text: str, keep: bool) -> None:
        once = fit(text, keep_accents=keep)
        assert fit(once, keep_accents=keep) == once
