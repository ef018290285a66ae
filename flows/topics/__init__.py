"""Which of the topics a message in free words is about, in either language.

A small linear model, learnt from the example messages in examples/*.tsv (training.py), weighs the
words, the concepts that they stand for (concepts/*.yaml), neighbours and spellings of a message
(features.py, scorer.py). Two measured thresholds turn the weights into an answer, a choice of two
or three, or nothing (deciding.py). Every finding says which words decided.

Nothing here is random, asks a network or keeps what a patient wrote.
"""

from __future__ import annotations

from flows.topics.deciding import (
    OPT_OUT_TOPIC,
    Finding,
    evidence,
    find_topics,
    is_no_opt_out,
    is_surely_opt_out,
)

__all__ = [
    "OPT_OUT_TOPIC",
    "Finding",
    "evidence",
    "find_topics",
    "is_no_opt_out",
    "is_surely_opt_out",
]
