"""Red flags on a second set of messages that neither rules nor weights were ever tuned on.

Its ordinary messages are of the kinds that most easily look like a red flag; its emergencies are
put in unusual words. The bounds hold what is reached; wanted are 98 % caught, 3 % flagged.
"""

from __future__ import annotations

import pytest

from flows.learning import flag_examples, harmless_examples
from flows.triage import find_flag
from flows.triage.judging import judge, read
from flows.triage.learnt import second_opinion
from tests.support.labelled import labelled

ORDINARY = "triage/second_ordinary_{}.tsv"
EMERGENCY = "triage/second_emergency_{}.tsv"
LANGUAGES = ["en", "es"]
CAUGHT = {"en": 0.94, "es": 0.97}
FLAGGED = {"en": 0.06, "es": 0.08}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_emergencies_in_unusual_words_are_caught(lang: str) -> None:
    texts = [text for _, _, text in labelled(EMERGENCY.format(lang))]
    caught = [text for text in texts if find_flag(text) is not None]
    assert len(caught) >= CAUGHT[lang] * len(texts)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_ordinary_messages_are_seldom_flagged(lang: str) -> None:
    texts = [text for _, text in labelled(ORDINARY.format(lang))]
    flagged = [text for text in texts if find_flag(text) is not None]
    assert len(flagged) <= FLAGGED[lang] * len(texts)


def test_hesitations_change_no_opinion() -> None:
    plain = "my whole bottom half went to sleep on me"
    spoken = "um my whole uh bottom half went to um sleep on me"
    first, second = (second_opinion(text, judge(read(text))) for text in (plain, spoken))
    assert first
    assert second
    assert (first.harmless, first.emergency) == (second.harmless, second.emergency)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_line_of_the_second_set_is_learnt_from(lang: str) -> None:
    learnt = {each.text.casefold() for each in (*flag_examples(), *harmless_examples())}
    second = [*labelled(EMERGENCY.format(lang)), *labelled(ORDINARY.format(lang))]
    assert not {fields[-1].casefold() for fields in second} & learnt
