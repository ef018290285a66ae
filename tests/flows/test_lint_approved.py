"""An approved text is held to the rules of the content that ships."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest

from admin.content_text_form import segments_of
from admin.content_topics import shipped_places
from flows.library import default_library
from flows.lint_approved import check_approved
from profiles import ApprovedText, Wording
from tests.support.csv_files import sample_profiles

LIBRARY = default_library()
ARA = sample_profiles()["ara-health"]
GOOD = "Drink water until 4 hours before."
BUENO = "Tome agua hasta 4 horas antes."


def problems(en: str, es: str, ref: str = "prep.drinks") -> list[tuple[str, str]]:
    topic = "prep.drinks" if ref == "prep.drinks" else "prep.fasting"
    text = ApprovedText(Wording(en, es), "Dr. Ames", dt.date(2026, 11, 20))
    profile = msgspec.structs.replace(ARA, approved_texts={topic: text})
    return list(check_approved(LIBRARY, profile, text.text, [ref], segments_of))


def test_a_good_text_has_no_problem() -> None:
    assert problems(GOOD, BUENO) == []


def test_the_samples_are_good() -> None:
    for profile in sample_profiles().values():
        assert profile.approved_texts
        for topic, text in profile.approved_texts.items():
            refs = shipped_places()[topic].refs
            assert list(check_approved(LIBRARY, profile, text.text, refs, segments_of)) == []


@pytest.mark.parametrize(
    ("en", "es", "language", "what"),
    [
        ("", BUENO, "en", "has no wording"),
        (GOOD, " ", "es", "has no wording"),
        (f"{GOOD} See {{phone}}.", BUENO, "en", "nothing is filled in here"),
        (f"{GOOD} Tea/coffee too.", BUENO, "en", "has '/', which can't be spoken"),
        (GOOD, f"{BUENO} Vea https://example.org.", "es", "can't be spoken"),
        (GOOD, BUENO.replace("4", "2"), "es", "other digits"),
        (
            "Immediate preprocedural administration of carbohydrate beverages is contraindicated.",
            "No tome jugo.",
            "en",
            "reads at grade",
        ),
        (f"{GOOD} {'Ask us if you do not know. ' * 20}", BUENO, "en", "takes 4 segments"),
        (GOOD, f"{BUENO} {'Llame si no sabe. ' * 30}", "es", "segments as a text"),
    ],
)
def test_what_is_wrong_is_told_at_its_language(en: str, es: str, language: str, what: str) -> None:
    found = problems(en, es)
    assert any(each == language and what in words for each, words in found), found


def test_what_is_said_around_it_counts() -> None:
    alone = f"{GOOD} {'Ask us if you do not know. ' * 9}"
    assert problems(alone, BUENO) == []
    assert any("segments" in words for _, words in problems(alone, BUENO, "prep.fasting"))
