"""Finding the red flag in a text; see the package's docstring."""

from __future__ import annotations

from typing import Final

from flows.text import SOFT, STRONG, marked_words, words
from flows.triage.judging import LEARNT, Flag, Judgement, joined_flag, judge, read
from flows.triage.learnt import Opinion, Scorers, second_opinion
from flows.triage.rulebook import LEXICON, FlagClass

_FLAGGED: Final = 0.25
_FLAGGED_IN_FEW_WORDS: Final = 0.4
_FEW_WORDS: Final = 4
"""How likely a text must be a red flag where no rule knows it, and one of so few words."""
_OVERRULED: Final = 0.85
"""How likely a text must be harmless to overrule a rule. One that found a grave sign to be
long-standing or faint stands: that is for the nurse, the same day."""
_FRAGMENT: Final = 3
"""In a text of so few words a rule is never overruled."""
_TWO_WORDS: Final = 2
"""What so few words mean is for the rules alone ("since yesterday" is no sign)."""
_SURE: Final = 0.97
"""How likely an emergency must be to overrule a rule that says the same day, and to be seen in two
texts together."""
_BARE_CALLS: Final = frozenset(
    (
        *("911", "nine one one", "emergency", "an emergency", "ambulance", "an ambulance"),
        *("emergencia", "una emergencia", "ambulancia", "una ambulancia", "socorro"),
    )
)
"""Calls for help as whole messages; as a word among others each is for the rules."""
_BARE_SIGNS: Final = frozenset(("bleeding", "im bleeding", "sangrando", "estoy sangrando"))
_COURTESY: Final = frozenset("please por favor now ya".split())
_LONGEST_BARE: Final = 40
"""Characters of a call for help with its courtesy and its exclamation marks."""


def find_flag(
    text: str, previous: str | None = None, scorers: Scorers | None = None
) -> Flag | None:
    """The red flag in `text`, an emergency before a call the same day; None where there is none.

    `previous` is the same patient's text of a few minutes before, for a symptom split over two
    texts ("my face" / "is numb"); what `previous` says by itself is not looked at again.
    `scorers` weigh instead of the weights that ship.
    """
    flag = _flag_in(text, scorers)
    if previous is None or (flag is not None and flag.flag_class.is_emergency):
        return flag
    before = marked_words(previous)
    while before and before[-1] in (STRONG, SOFT):
        before.pop()
    joined = LEXICON.read([STRONG, *before, *marked_words(text), STRONG])
    found = joined_flag(LEXICON.read([STRONG, *before]), joined)
    judgement = Judgement(found, judge(joined).signs)
    return _flag_in_both(previous, text, judgement, scorers) or flag


def _flag_in(text: str, scorers: Scorers | None) -> Flag | None:
    is_short = len(text) <= _LONGEST_BARE  # most messages needn't be looked at twice
    whole = " ".join(word for word in words(text) if word not in _COURTESY) if is_short else ""
    if whole in _BARE_CALLS:
        return Flag(FlagClass.AMBULANCE, "ambulance.bare_call", (whole,))
    if whole in _BARE_SIGNS:
        return Flag(FlagClass.BLEEDING, "bleeding.bare_word", (whole,))
    judgement = judge(read(text))
    opinion = second_opinion(text, judgement, scorers)
    return judgement.flag if opinion is None else _weighed(judgement, opinion)


def _flag_in_both(
    previous: str, text: str, judgement: Judgement, scorers: Scorers | None
) -> Flag | None:
    """The flag that only two texts together make: by a rule that the weights don't overrule, or
    an emergency that the weights are sure of, and that is not in the first alone."""
    opinion = second_opinion(f"{previous} {text}", judgement, scorers)
    if judgement.flag is not None or opinion is None:
        return judgement.flag if opinion is None else _weighed(judgement, opinion)
    too_few = opinion.length <= _FRAGMENT or len(words(text)) <= _TWO_WORDS
    if too_few or opinion.emergency < _SURE or _flag_in(previous, scorers) is not None:
        return None
    return _learnt(opinion)


def _learnt(opinion: Opinion) -> Flag:
    return Flag(opinion.flag_class, f"{opinion.flag_class}.{LEARNT}", opinion.words)


def _weighed(judgement: Judgement, opinion: Opinion) -> Flag | None:
    """What the rules found, put right by the weights: overruled where the words are plainly
    harmless, added to where they are a red flag that no rule knows."""
    flag = judgement.flag
    if flag is None:
        enough = _FLAGGED_IN_FEW_WORDS if opinion.length <= _FEW_WORDS else _FLAGGED
        told = 1 - opinion.harmless >= enough and opinion.length > _TWO_WORDS
        return _learnt(opinion) if told else None
    same_day = flag.flag_class is FlagClass.SAME_DAY
    mild = same_day and not flag.rule_id.startswith(FlagClass.SAME_DAY)
    if opinion.harmless >= _OVERRULED and opinion.length > _FRAGMENT and not mild:
        return None
    if same_day and not mild and opinion.emergency >= _SURE:
        return _learnt(opinion)
    return flag
