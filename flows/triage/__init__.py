"""Red flags: symptoms that go before everything else on every text and utterance.

Pure and deterministic: words become concepts (words/*.yaml), concepts close together make a rule
(rules.yaml), and the words around them tell a symptom that is there from talk about one
(context.py). Both languages are always read, whatever the session's language. Every flag says
which rule fired on which words. Weights learnt from messages give a
second opinion (learnt.py).
"""

from __future__ import annotations

from flows.triage.flags import Flag, find_flag
from flows.triage.rulebook import FlagClass

__all__ = ["Flag", "FlagClass", "find_flag"]
