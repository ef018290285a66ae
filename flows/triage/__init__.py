"""Red flags: symptoms that go before everything else on every text and utterance.

Pure and deterministic: words become concepts (words/*.yaml), concepts close together make a rule
(rules.yaml), and the words around them tell a symptom that is there from talk about one
(context.py, judging.py). Both languages are always read, whatever the session's language. Weights
learnt from messages (learnt.py) and from sentences made of signs and frames (grammar.py) add what
no rule knows and overrule a rule on plainly harmless words (flags.py). Every flag says which rule
fired on which words, or which words weighed most.
"""

from __future__ import annotations

from flows.triage.flags import find_flag
from flows.triage.judging import Flag
from flows.triage.rulebook import FlagClass

__all__ = ["Flag", "FlagClass", "find_flag"]
