"""Two people with the same form: what the second one is told. Nothing is overwritten."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from admin.appointment_words import Difference
from admin.words import gettext as _
from db.profile_versions import versions_of

Values = Mapping[str, str]
_MOST_VERSIONS: Final = 50
_BOX: Final = "_on"


@dataclass(frozen=True, slots=True)
class Conflict:
    """Why nothing was stored: `who` changed something meanwhile. `values` are what the form shows
    next: their changes where nothing was typed, and what was typed elsewhere."""

    values: Values
    differences: Sequence[Difference]
    who: str
    patient: None = None


def base_of(values: Values) -> str:
    """What a form carries along to tell later whether somebody else changed something."""
    return json.dumps(dict(values), sort_keys=True, ensure_ascii=False)


def read_base(text: str, fields: Collection[str]) -> dict[str, str] | None:
    """What a form carried along; `None` for what is no such thing."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    is_base = isinstance(found, dict) and all(isinstance(each, str) for each in found.values())
    return found if is_base and found.keys() == set(fields) else None


def conflict_of(base: Values, stored: Values, typed: Values, labels: Values, who: str) -> Conflict:
    """What changed between the form's opening and now, beside what was typed."""
    differences = [
        Difference(
            labels[name],
            _quoted(name, base[name]),
            _quoted(name, stored[name]),
            _quoted(name, typed[name]) if typed[name] not in (base[name], stored[name]) else "",
        )
        for name in stored
        if base[name] != stored[name]
    ]
    values = {name: stored[name] if typed[name] == base[name] else typed[name] for name in stored}
    return Conflict(values, differences, who)


def _quoted(name: str, value: str) -> str:
    """A value as it was typed; a box that is ticked or not, in a word."""
    if name.endswith(_BOX):
        return _("Yes") if value else _("No")
    return f"“{value}”" if value else ""


def who_changed(db: Session, clinic_id: str, parts: Collection[str]) -> str:
    """Who changed one of these parts of a profile last."""
    for version in versions_of(db, clinic_id, _MOST_VERSIONS):
        if set(parts) & set(json.loads(version.parts)):
            return version.who
    return ""
