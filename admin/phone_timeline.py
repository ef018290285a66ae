"""What was said with a phone, by text and by call, as one timeline; see `admin.timeline`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from admin import timeline
from admin.call_entries import calls
from db.models import Contact

TALK: Final[Sequence[timeline.Source[Contact]]] = (
    timeline.texts,
    calls,
    timeline.replies,
    timeline.opt_changes,
)
"""What a phone's conversation is made of besides reminders."""

OF_PHONE: Final[Sequence[timeline.Source[Contact]]] = (timeline.reminders, *TALK)
"""What a phone's conversation is made of."""
