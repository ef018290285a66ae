"""A reminder's whole story in words, for whoever asks why it came or did not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from db.models import Reminder, ReminderEvent
from scheduler.planning_again import EVENT
from scheduler.policy import Reason

_OF_CALLS: Final = {
    ("accepted", "call"): "the call was asked for, and the phone company took it on",
    ("answered", ""): "somebody or something answered the call",
    ("answered", "human"): "a person answered the call",
    ("answered", "machine"): "a machine answered the call",
    ("answered", "fax"): "a fax machine answered the call",
    ("heard", "key"): "the patient pressed a key or spoke, and so has heard it",
    ("heard", "message"): "a message was left on the machine",
    ("not_answered", ""): "nobody heard it in this call",
    ("report", "ringing"): "the phone rings",
    ("report", "in-progress"): "the call is going on",
    ("report", "completed"): "the call is over",
    ("report", "busy"): "the phone was busy",
    ("report", "no-answer"): "the phone rang, and nobody answered",
    ("called_instead", ""): "the text can't arrive, so the patient is called",
}
"""What happened to a call, by the event and its detail; an empty detail stands for any other."""


@dataclass(frozen=True, slots=True)
class Story:
    """What it is and when it was meant for; what happened, in order; how it stands."""

    title: str
    events: Sequence[str]
    state: str


def story_of(row: Reminder, events: Sequence[ReminderEvent], zone: ZoneInfo) -> Story:
    """The story of one reminder from all that is noted of it; times are those of `zone`."""

    def at(moment: dt.datetime) -> str:
        return moment.astimezone(zone).strftime("%a %b %d %H:%M %Z")

    reason = f". {Reason(row.reason).words}" if row.reason else ""
    when = f" since {at(row.settled_at)}" if row.settled_at else ""
    next_is = " for" if row.status == "planned" else ", looked at again"
    again = f"{next_is} {at(row.next_at)}" if row.next_at else ""
    return Story(
        title=f"{row.kind} (date {row.version}, {row.channel}): due {at(row.due_at)}, "
        f"useful until {at(row.send_by)}",
        events=[
            f"{at(event.at)}  {_happened(event)}" for event in events if event.reminder_id == row.id
        ],
        state=f"now: {row.status.replace('_', ' ')}{when}{again}{reason}",
    )


def lines_of(story: Story) -> Iterator[str]:
    """A story as lines of plain text."""
    yield story.title
    for line in (*story.events, story.state):
        yield f"    {line}"


def _happened(event: ReminderEvent) -> str:
    code = f" (error {event.error_code})" if event.error_code else ""
    return f"{_told(event)}{code}"


def _told(event: ReminderEvent) -> str:
    """One thing that happened, in plain words where it has some."""
    detail = event.detail or ""
    if event.what == EVENT and detail in set(Reason):
        was = Reason(detail).words.rstrip(".")
        return f"it can go out after all and was planned again; before: {was.lower()}"
    kind = "machine" if detail.startswith("machine") else detail
    words = _OF_CALLS.get((event.what, kind)) or _OF_CALLS.get((event.what, ""))
    if words is not None:
        return words
    return event.what.replace("_", " ") + (f": {detail}" if detail else "")
