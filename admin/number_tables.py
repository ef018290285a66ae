"""The tables of a period's numbers, made from the sums that the database gives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from admin.charts import Bar
from admin.topic_words import topic_words
from admin.words import gettext as _
from db.numbers import MessageSum, TaskSum, TextSum, VisitSums

_SENT: Final = frozenset({"sent", "delivered"})
_BUCKETS: Final = (
    (1, _("up to 1 second")),
    (5, _("up to 5 seconds")),
    (15, _("up to 15 seconds")),
    (60, _("up to 1 minute")),
    (300, _("up to 5 minutes")),
    (900, _("up to 15 minutes")),
    (3600, _("up to 1 hour")),
    (14400, _("up to 4 hours")),
)
_LATER: Final = _("later")
_UNPREPARED: Final = {
    "already_ate": _("Had eaten already"),
    "thinner_not_stopped": _("Blood thinner not stopped"),
    "ill": _("Ill"),
    "no_driver": _("No driver"),
    "maybe_pregnant": _("Maybe pregnant"),
}
_STATUS_WORDS: Final = {
    "planned": _("Waiting"),
    "sending": _("Being sent"),
    "sent": _("Sent, no receipt"),
    "delivered": _("Delivered"),
    "failed": _("Failed"),
    "skipped": _("Not sent: unreachable, or booked late"),
    "missed": _("Missed"),
    "in_doubt": _("In doubt"),
}
_CHANNEL_WORDS: Final = {"sms": _("Texts"), "voice": _("Calls")}
_TOPIC_ROWS: Final = 40


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a name for addresses; `bars` is its chart, `about` says what is counted."""

    name: str
    caption: str
    about: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    bars: tuple[Bar, ...] = ()


def tables(
    messages: Sequence[MessageSum],
    visits: VisitSums,
    texts: Sequence[TextSum],
    tasks: Sequence[TaskSum],
) -> list[Table]:
    """All tables of a period."""
    return [
        _patients(visits),
        _lateness(messages),
        _unprepared(visits, tasks),
        _questions(texts, tasks),
        _messages(messages, texts),
        _outcomes(messages),
    ]


def _patients(sums: VisitSums) -> Table:
    rows = (
        (_("Patients with an appointment"), sums.patients),
        (_("Reached: a message was delivered"), sums.reached),
        (_("Sent to, without a receipt"), sums.unconfirmed),
        (_("Appointments"), sums.appointments),
        (_("Confirmed by the patient"), sums.confirmed),
        (_("Patient cannot come"), sums.cannot_come),
        (_("Cancelled"), sums.cancelled),
        (_("Did not come"), sums.no_show),
    )
    about = _("Of the appointments that start in this period.")
    heads = (_("What"), _("Count"))
    return _counts("patients", _("Patients and answers"), about, heads, rows)


def _counts(
    name: str, caption: str, about: str, heads: tuple[str, str], rows: Sequence[tuple[str, int]]
) -> Table:
    bars = tuple(Bar(label, count, f"{count:,}") for label, count in rows)
    return Table(name, caption, about, heads, tuple((label, str(n)) for label, n in rows), bars)


def _lateness(messages: Iterable[MessageSum]) -> Table:
    late: Counter[int] = Counter()
    for each in messages:
        if each.late is not None:
            late[max(0, each.late)] += each.count
    histogram: Counter[str] = Counter()
    for seconds, count in late.items():
        words = next((words for most, words in _BUCKETS if seconds <= most), _LATER)
        histogram[words] += count
    shares = [(words, histogram[words]) for _most, words in (*_BUCKETS, (0, _LATER))]
    points = ((_("Median"), 0.5), (_("95 of 100 at most"), 0.95), (_("Worst"), 1.0))
    rows = [(label, _duration(_percentile(late, share))) for label, share in points]
    return Table(
        "lateness",
        _("Lateness"),
        _("From a message's moment to the moment the phone service had it."),
        (_("Lateness"), _("Messages or time")),
        (*rows, *((words, str(count)) for words, count in shares)),
        tuple(Bar(words, count, f"{count:,}") for words, count in shares),
    )


def _percentile(counts: Mapping[int, int], share: float) -> int | None:
    """The smallest value that at least this share of all does not exceed."""
    wanted, seen = share * sum(counts.values()), 0
    for value in sorted(counts):
        seen += counts[value]
        if seen >= wanted:
            return value
    return None


def _duration(seconds: int | None) -> str:
    if seconds is None:
        return _("none sent")
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _unprepared(visits: VisitSums, tasks: Iterable[TaskSum]) -> Table:
    told: Counter[str] = Counter()
    for each in tasks:
        told[each.kind] += each.count
    rows = [(words, told[kind]) for kind, words in _UNPREPARED.items()]
    rows += [
        (_("Cancelled less than 24 hours before"), visits.late_cancelled),
        (_("Patient said so less than 24 hours before"), visits.late_cannot_come),
        (_("Did not come"), visits.no_show),
    ]
    about = _("What patients reported in this period, and late changes of its appointments.")
    heads = (_("What"), _("Count"))
    return _counts("unprepared", _("Unprepared or late"), about, heads, rows)


def _questions(texts: Iterable[TextSum], tasks: Iterable[TaskSum]) -> Table:
    asked: Counter[str] = Counter()
    to_person: Counter[str] = Counter()
    waiting: Counter[str] = Counter()
    for text in texts:
        if text.kind == "unknown":
            asked[_("not understood")] += text.count
        elif text.kind == "answer":
            asked.update(dict.fromkeys(map(topic_words, text.labels.split()), text.count))
    for task in tasks:
        if task.kind in ("question", "not_understood"):
            is_question = task.kind == "question"
            topic = topic_words(task.topic or "") if is_question else _("not understood")
            to_person[topic or _("other")] += task.count
            waiting[topic or _("other")] += task.still_open
    topics = sorted({*asked, *to_person}, key=lambda topic: (-asked[topic], topic))
    rows = [(t, str(asked[t]), str(to_person[t]), str(waiting[t])) for t in topics]
    return Table(
        "questions",
        _("Questions by topic"),
        _("Texts that were answered, and questions that were handed to a person."),
        (_("Topic"), _("Texts"), _("Handed to a person"), _("Still unanswered")),
        tuple(rows[:_TOPIC_ROWS]),
        tuple(Bar(topic, asked[topic], f"{asked[topic]:,}") for topic in topics[:12]),
    )


def _messages(messages: Iterable[MessageSum], texts: Sequence[TextSum]) -> Table:
    count: Counter[str] = Counter()
    segments: Counter[str] = Counter()
    for each in messages:
        if each.status in _SENT:
            count[each.channel] += each.count
            segments[each.channel] += each.segments
    rows = [(words, count[channel], segments[channel]) for channel, words in _CHANNEL_WORDS.items()]
    replies = sum(each.count for each in texts)
    rows.append((_("Answers to texts"), replies, sum(each.segments for each in texts)))
    return Table(
        "messages",
        _("Messages sent"),
        _("Texts are charged by the segment."),
        (_("Channel"), _("Messages"), _("Segments")),
        tuple((words, str(n), str(cost)) for words, n, cost in rows),
        tuple(Bar(words, n, f"{n:,}") for words, n, _cost in rows),
    )


def _outcomes(messages: Iterable[MessageSum]) -> Table:
    found: Counter[str] = Counter()
    for each in messages:
        found[each.status] += each.count
    rows = [(words, found[status]) for status, words in _STATUS_WORDS.items()]
    about = _("Messages that were due in this period, without those that a change made needless.")
    heads = (_("State"), _("Messages"))
    return _counts("outcomes", _("What became of messages"), about, heads, rows)
