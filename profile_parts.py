"""The parts of a profile that a clinic's people edit on the site; the rest is edited in its file.

A part is named by its place in the file: `approved_texts.prep.bring`, `reminders.week_before`,
`send_window`, `messages_per_day`. `None` stands for a text that is not there and for a reminder
that the clinic does without.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

import msgspec

from profiles import ApprovedText, CalendarRule, FastingRule, Profile, RuleKind, SendWindow

Part: TypeAlias = ApprovedText | CalendarRule | FastingRule | SendWindow | int | None
TEXTS: Final = "approved_texts."
RULES: Final = "reminders."
RULE_PARTS: Final = (*(f"{RULES}{kind}" for kind in RuleKind), "send_window", "messages_per_day")
_PLANNED_BY: Final = ("reminders", "send_window", "procedures", "time_zone")


def parts_of(profile: Profile) -> dict[str, Part]:
    """All parts of a profile by their names."""
    found: dict[str, Part] = {
        f"{TEXTS}{topic}": text for topic, text in profile.approved_texts.items()
    }
    found |= {f"{RULES}{kind}": getattr(profile.reminders, kind) for kind in RuleKind}
    found |= {
        "send_window": profile.send_window,
        "messages_per_day": profile.messages_per_day,
    }
    return found


def changed_parts(before: Profile, after: Profile) -> list[str]:
    """The names of the parts that differ, in order."""
    old, new = parts_of(before), parts_of(after)
    return sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))


def with_parts(profile: Profile, parts: Mapping[str, Part]) -> Profile:
    """The profile with these parts in place of its own. Raises `KeyError` for an unknown name."""
    texts: dict[str, Part] = {**profile.approved_texts}
    rules: dict[str, Part] = {}
    rest: dict[str, Part] = {}
    for name, part in parts.items():
        if name.startswith(TEXTS):
            texts[name.removeprefix(TEXTS)] = part
        elif name in RULE_PARTS:
            (rules if name.startswith(RULES) else rest)[name.removeprefix(RULES)] = part
        else:
            raise KeyError(name)
    changed: Profile = msgspec.structs.replace(
        profile,
        approved_texts={topic: text for topic, text in texts.items() if text is not None},
        reminders=msgspec.structs.replace(profile.reminders, **rules),
        **rest,
    )
    return changed


def merged(base: Profile, stored: Profile, file: Profile) -> tuple[Profile, list[str]]:
    """A file's profile where parts were edited on the site since the file was last read as `base`.

    An edited part stays as it is stored, everything else is the file's. Also the names of the
    parts in which the file says something else than what stays.
    """
    theirs, ours = parts_of(file), parts_of(stored)
    edited = changed_parts(base, stored)
    kept = [name for name in edited if theirs.get(name) != ours.get(name)]
    return with_parts(file, {name: ours.get(name) for name in edited}), kept


def plans_alike(before: Profile, after: Profile) -> bool:
    """Whether reminders are planned by the same rules under both."""
    return all(getattr(before, name) == getattr(after, name) for name in _PLANNED_BY)
