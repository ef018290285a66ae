"""What patients answered to the check-list before a visit, as a coordinator says it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from admin.words import gettext as _
from flows.library import READY, default_library
from flows.nodes import Act, Check, Checklist, Option

_WORDS: Final = {
    ("medicines", "ready"): _("medicines are ready to bring"),
    ("medicines", "not_yet"): _("medicines are not put ready yet"),
    ("blood_thinners", "takes_one"): _("Takes a blood thinner"),
    ("blood_thinners", "none"): _("no blood thinner"),
    ("blood_thinners", "not_sure"): _("Not sure about a blood thinner"),
    ("allergies", "none"): _("no allergies"),
    ("allergies", "told"): _("an allergy that staff know of"),
    ("allergies", "not_told"): _("Has an allergy, not told yet"),
    ("driver", "arranged"): _("has a ride home"),
    ("driver", "no_driver"): _("Has no ride home"),
    ("fasting", "knows"): _("knows when to fast"),
    ("fasting", "not_sure"): _("Not sure when to fast"),
}
"""By item and answer; what the content has besides is said in its own labels."""


@dataclass(frozen=True, slots=True)
class Prep:
    """The answers of one visit: those that tell of a problem, and the others, in the order in
    which they are asked for."""

    problems: Sequence[str] = ()
    others: Sequence[str] = ()

    @property
    def summary(self) -> str:
        """The answers that are no problem, as half a sentence; empty if there are none."""
        return ", ".join(self.others)


def prep_of(given: Mapping[str, str]) -> Prep:
    """The answers to the check-list's items in words. One that a person has to hear of, because it
    leaves a task, is a problem; one to an item that is no longer asked is left out."""
    problems: list[str] = []
    others: list[str] = []
    for check in _checks():
        answer = given.get(check.item)
        if answer is None:
            continue
        option = next((each for each in check.options if each.id == answer), None)
        words = _WORDS.get((check.item, answer)) or _of_labels(check, option, answer)
        (problems if _is_problem(option) else others).append(words)
    return Prep(tuple(problems), tuple(others))


@cache
def _checks() -> Sequence[Check]:
    nodes = default_library().nodes
    ready = nodes.get(READY)
    found = [nodes[ref] for ref in ready.items] if isinstance(ready, Checklist) else []
    return tuple(node for node in found if isinstance(node, Check))


def _is_problem(option: Option | None) -> bool:
    return option is not None and isinstance(default_library().nodes[option.next], Act)


def _of_labels(check: Check, option: Option | None, answer: str) -> str:
    said = option.label["en"] if option is not None else answer.replace("_", " ")
    return f"{check.label['en']}: {said}".lower()
