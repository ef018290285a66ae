"""Red flags: what must fire, what must not, and the figures on labelled messages.

tests/data/triage: must_fire and must_not_fire hold line by line. Rules and weights were tuned on
flows/triage/examples*.tsv; no line of heldout.tsv was read while tuning (its totals were).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache

import pytest

from flows.learning import flag_examples, harmless_examples
from flows.triage import Flag, FlagClass, find_flag
from tests.support.labelled import labelled

MUST_FIRE = labelled("triage/must_fire.tsv")
MUST_NOT_FIRE = labelled("triage/must_not_fire.tsv")


def kind(text: str) -> str:
    """`emergency`, `same_day` or `none`: the label that triage gives `text`."""
    flag = find_flag(text)
    if flag is None:
        return "none"
    return "emergency" if flag.flag_class.is_emergency else "same_day"


@pytest.mark.parametrize(("_lang", "flag_class", "text"), MUST_FIRE)
def test_must_fire(_lang: str, flag_class: str, text: str) -> None:
    flag = find_flag(text)
    assert flag is not None
    assert flag.flag_class == flag_class


@pytest.mark.parametrize(("_lang", "text"), MUST_NOT_FIRE)
def test_must_not_fire(_lang: str, text: str) -> None:
    assert find_flag(text) is None


Line = tuple[str, str, str]
"""Language, label (`emergency`, `same_day` or `none`) and message."""


@cache
def messages(name: str) -> tuple[Line, ...]:
    """A labelled set: of what was tuned on and of the questions about topics one in three, which
    tells as much as all; or what was held out."""
    if name == "heldout":
        rows = labelled("triage/heldout.tsv")
        return tuple((lang, label, text) for lang, label, _family, text in rows)
    examples = flag_examples() if name == "tuned on" else harmless_examples()
    return tuple((each.language, plain_label(each.labels[0]), each.text) for each in examples[::3])


def plain_label(label: str) -> str:
    """The label of a class of red flags."""
    return label if label in ("none", "same_day") else "emergency"


@cache
def tally(name: str) -> Counter[tuple[str, str, str]]:
    """How often each (language, label, found) occurs in a labelled set."""
    return Counter((lang, label, kind(text)) for lang, label, text in messages(name))


def share(name: str, lang: str, label: str, *found: str) -> float:
    """The share of messages labelled `label` that triage labels as one of `found`."""
    counts = {key[1:]: n for key, n in tally(name).items() if key[0] == lang and key[1] == label}
    return sum(counts.get((label, each), 0) for each in found) / sum(counts.values())


@pytest.mark.parametrize("lang", ["en", "es"])
def test_recall_and_false_alarms_on_the_messages_tuned_on(lang: str) -> None:
    assert share("tuned on", lang, "emergency", "emergency") >= 0.985
    assert share("tuned on", lang, "same_day", "same_day", "emergency") >= 0.97
    assert share("tuned on", lang, "none", "emergency", "same_day") <= 0.03
    assert share("questions", lang, "none", "emergency", "same_day") <= 0.005


@pytest.mark.parametrize("lang", ["en", "es"])
def test_recall_and_false_alarms_on_messages_never_tuned_on(lang: str) -> None:
    assert share("heldout", lang, "emergency", "emergency") >= 0.99
    assert share("heldout", lang, "same_day", "same_day", "emergency") >= 0.9
    assert share("heldout", lang, "none", "emergency", "same_day") <= 0.075


@pytest.mark.parametrize(
    ("text", "flag_class"),
    [
        ("nothing happens when i tell my toes to move", FlagClass.CORD),
        ("quiero irme al cielo esta noche con mi difunta esposa", FlagClass.SELF_HARM),
        ("ive gone through five towels and it keeps coming", FlagClass.BLEEDING),
    ],
)
def test_a_sign_that_no_rule_knows_is_seen_and_explained(text: str, flag_class: FlagClass) -> None:
    flag = find_flag(text)
    assert flag is not None
    assert (flag.flag_class, flag.rule_id) == (flag_class, f"{flag_class}.learnt")
    assert flag.matched_words


FRAMES = [
    "hi this is Bob. {}",
    "1 {}",
    "STOP {}",
    "ok thanks {}",
    "when is my appointment {}",
    "i think {}",
    "i dont know what to do {}",
    "{} please call me",
    "{}, what should i do",
    "{} is that normal?",
    "{} since yesterday",
    "{} and my back hurts",
    "{}!!! 😭",
    "hola soy Juan. {}",
    "gracias {}",
    "cuándo es mi cita {}",
    "{} qué hago",
    "{} desde ayer",
]


@pytest.mark.parametrize("frame", FRAMES)
def test_a_flag_is_found_behind_a_key_a_greeting_or_a_question(frame: str) -> None:
    """A handful of whole-message rules ("stroke" and nothing else) may be lost in a sentence."""
    texts = [text for _, flag_class, text in MUST_FIRE if flag_class != "same_day"]
    found = [kind(frame.format(text)) == "emergency" for text in texts]
    assert sum(found) >= 0.95 * len(texts)


@pytest.mark.parametrize("change", [str.upper, str.title, str.swapcase])
def test_case_does_not_matter(change: Callable[[str], str]) -> None:
    assert all(kind(change(text)) == kind(text) for _, _, text in MUST_FIRE)


def test_most_single_slips_in_long_words_are_forgiven() -> None:
    kept = []
    for _, flag_class, text in MUST_FIRE:
        words = text.split()
        for at, word in enumerate(words):
            if flag_class == "same_day" or not word.isalpha() or len(word) < 6:
                continue
            for cut in range(1, len(word)):
                typed = [*words[:at], word[:cut] + word[cut + 1 :], *words[at + 1 :]]
                kept.append(kind(" ".join(typed)) == "emergency")
    assert sum(kept) >= 0.85 * len(kept)


def test_a_flag_says_which_rule_fired_on_which_words() -> None:
    assert find_flag("Hello, I CAN’T move my left foot") == Flag(
        FlagClass.CORD, "cord.cannot_move", ("cant", "move", "foot")
    )


def test_a_long_standing_sign_is_for_the_same_day_and_keeps_its_rule() -> None:
    flag = find_flag("my legs have been numb for years")
    assert flag == Flag(FlagClass.SAME_DAY, "cord.leg_numb", ("legs", "numb"))
    assert kind("my legs have been numb for years and now i cant move them") == "emergency"


@pytest.mark.parametrize(
    ("previous", "text"),
    [
        ("my face", "is numb"),
        ("C", "my face is numb"),
        ("i cant", "breathe"),
        ("my husband", "is unconscious"),
        ("i want to", "die"),
        ("no puedo", "respirar"),
        ("las piernas", "no las siento"),
        ("", "chest pain"),
        ("...", "chest pain"),
        ("dads whole right side", "just went dead on him"),
    ],
)
def test_a_symptom_split_over_two_texts_is_found(previous: str, text: str) -> None:
    flag = find_flag(text, previous)
    assert flag is not None
    assert flag.flag_class.is_emergency


@pytest.mark.parametrize(
    ("previous", "text"),
    [
        ("i cant breathe", "ok"),
        ("my chest hurts", "yes"),
        ("i cant pee.", "since yesterday"),
        ("what time do i come", "thanks"),
        ("will my legs", "be numb?"),
    ],
)
def test_what_the_text_before_said_alone_is_not_found_again(previous: str, text: str) -> None:
    assert find_flag(text, previous) is None


def test_two_plain_texts_seldom_make_a_flag_together() -> None:
    plain = [text for _, label, text in messages("tuned on") if label == "none"]
    shuffled = sorted(plain, key=lambda text: text[::-1])
    together = [
        find_flag(text, previous) is not None and find_flag(text) is None
        for previous, text in zip(plain, shuffled, strict=True)
    ]
    assert sum(together) <= 0.02 * len(plain)
