"""The pages named in every page's head. One whose room is not there is left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import current_app, request

from admin.access import access_of
from admin.sessions import Member
from admin.words import gettext as _


@dataclass(frozen=True, slots=True)
class Link:
    """One entry: where it leads, what it is called, whether we are there."""

    endpoint: str
    label: str
    is_here: bool


_ENTRIES: Final = (
    ("admin.today.index", _("Today")),
    ("admin.attention.index", _("Needs attention")),
    ("admin.quality.index", _("Data quality")),
    ("admin.imports.index", _("Import")),
    ("admin.content.index", _("Content")),
    ("admin.numbers.index", _("Numbers")),
    ("admin.staff.index", _("Staff")),
    ("admin.audit.index", _("Audit")),
)


def links(member: Member) -> list[Link]:
    """The pages that this person may see. Within a room, its entry stays marked."""
    room = (request.endpoint or "").rpartition(".")[0]
    return [
        Link(endpoint, label, is_here=endpoint.rpartition(".")[0] == room)
        for endpoint, label in _ENTRIES
        if endpoint in current_app.view_functions
        and member.role in (access_of(current_app, endpoint) or ())
    ]
