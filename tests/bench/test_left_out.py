"""Figures on families of messages that were left out of learning.

Harder than life: whole ways of asking and of telling a sign were never seen, and many lines were
written to say one without its usual words.
"""

from collections import Counter

from bench import flagging, understanding
from flows.triage import FlagClass

EVERY = 6
"""Only so many of the other messages are learnt, one in six: it takes a sixth of the time."""
GRAVE = {each.value for each in FlagClass if each.is_emergency}


def test_topics_are_mostly_found() -> None:
    for outcomes in understanding.cross_validated([0], EVERY).values():
        asked = sum(n for kind, n in outcomes.items() if not kind.startswith("unknown"))
        assert outcomes["right"] >= 0.58 * asked
        assert outcomes["right"] + outcomes["offered"] >= 0.78 * asked
        assert outcomes["wrong"] <= 0.06 * asked


def test_red_flags_are_found_and_ordinary_questions_are_spared() -> None:
    found = flagging.cross_validated([0], EVERY)
    for language in ("en", "es"):
        grave = [n for (spoken, name), n in found.items() if spoken == language and name in GRAVE]
        outcomes = sum(grave, Counter[str]())
        assert outcomes["none"] <= 0.11 * outcomes.total()
        ordinary = found[language, "ordinary"]
        assert ordinary.total() - ordinary["none"] <= 0.045 * ordinary.total()
        talk = found[language, "look-alike"]
        assert talk.total() - talk["none"] <= 0.16 * talk.total()
