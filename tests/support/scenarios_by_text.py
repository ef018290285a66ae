"""Holding a scenario with the whole app: signed webhooks in, and what is done as it is stored."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field

from appointment_csv import RowStatus
from db.clinics import store_profile
from db.contacts import lock_contact, set_contact
from db.models import (
    Appointment,
    Contact,
    Identity,
    InboundText,
    OptChange,
    Patient,
    PrepAnswer,
    Task,
)
from flows.asking import with_question
from flows.model import Session as Talk
from flows.model import Subject
from scheduler.clock_words import day_words
from tests.support import staff_replies
from tests.support.data import booked
from tests.support.scenario_outcomes import Outcome, judge, profile_for
from tests.support.scenarios import (
    BORN,
    STEP_TAKES,
    Asked,
    HasVisit,
    Moved,
    Passes,
    Scenario,
    StaffWrites,
    Text,
    Visit,
)
from tests.support.talks import store_talk, stored_talk
from tests.support.visits import local
from tests.support.web import Bot

_CHANNEL = "sms"
_OPTION = re.compile(r"^([1-8]) \S", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _Stored:
    """All that a text can change besides the conversation."""

    tasks: dict[str, dt.datetime] = field(default_factory=dict)
    opt_changes: list[str] = field(default_factory=list)
    answers: dict[int, tuple[str | None, dt.datetime | None]] = field(default_factory=dict)
    language: str | None = None
    held_until: dt.datetime | None = None
    verified: dict[str, dt.datetime] = field(default_factory=dict)
    misses: int = 0
    prep: list[str] = field(default_factory=list)
    locked_until: dt.datetime | None = None


class TextTalk:
    """One conversation on a database of its own."""

    def __init__(self, scenario: Scenario, bot: Bot) -> None:
        self._scenario = scenario
        self._bot = bot
        self._profile = profile_for(scenario)
        self._visits: dict[Visit, int] = {}
        self._births: dict[str, dt.date] = {}
        self._language = scenario.language or self._profile.language
        bot.clock.now = local(scenario.now, self._profile.time_zone)
        with bot.database.transaction() as session:
            store_profile(session, self._profile, bot.clock.now)
            if scenario.language:
                now = bot.clock.now
                contact = lock_contact(session, self._profile.id, scenario.phone, now)
                set_contact(session, contact.id, language=scenario.language)

    def hold(self) -> None:
        """Take every step and judge it. Raises `AssertionError` with file and line."""
        for step in self._scenario.steps:
            self._bot.clock.now += STEP_TAKES
            match step:
                case Text():
                    self._send(step)
                case HasVisit(visit, born):
                    self._births[visit.name] = born
                    self._visits[visit] = self._book(visit, number=len(self._visits))
                case Asked(visit):
                    self._ask(visit)
                case Moved(visit, to):
                    self._move(visit, to)
                case StaffWrites(body):
                    staff_replies.reply(
                        self._bot.database, body, self._bot.clock.now, self._scenario.phone
                    )
                case Passes(time):
                    self._bot.clock.now += time

    def _send(self, text: Text) -> None:
        before = self._stored()
        reply = self._bot.send(
            text.body,
            From=self._scenario.phone,
            To=self._profile.texting_number,
            NumMedia=str(text.media),
            OptOutType=text.carrier,
        )
        answer = "\n".join(reply.texts)
        understood = max(self._bot.rows(InboundText), key=lambda row: row.at)
        outcome = Outcome(
            answer=answer,
            keys=" ".join(_OPTION.findall(answer)),
            kind=understood.kind,
            labels=understood.labels,
            effects=self._done(before, self._stored(), text),
        )
        judge(text, outcome, accents=self._profile.keep_accents)

    def _ask(self, visit: Visit) -> None:
        """As `scheduler.outcomes` does once the carrier has taken a message of ours."""
        now = self._bot.clock.now
        if visit not in self._visits:
            self._visits[visit] = self._book(visit, number=len(self._visits))
        with self._bot.database.transaction() as session:
            contact = lock_contact(session, self._profile.id, self._scenario.phone, now)
            row = session.get_one(Appointment, self._visits[visit])
            day = row.starts_at.astimezone(self._profile.zone).date()
            subject = Subject(
                row.id,
                row.version,
                row.patient.first_name,
                day_words(day, row.patient.language),
                row.starts_at,
            )
            stored = stored_talk(session, contact.id)
            talk = with_question(stored or Talk(row.patient.language), subject, now)
            store_talk(session, contact.id, talk, now)

    def _move(self, visit: Visit, to: Visit | None) -> None:
        number = list(self._visits).index(visit)
        appointment = self._book(to or visit, number, is_cancelled=to is None)
        # the place in the order of booking is kept: it stands for the external id
        self._visits = {
            (to or visit) if known == visit else known: id_ for known, id_ in self._visits.items()
        }
        assert appointment in self._visits.values()

    def _book(self, visit: Visit, number: int, *, is_cancelled: bool = False) -> int:
        return booked(
            self._bot.database,
            self._profile,
            self._bot.clock.now,
            external_id=f"S-{number}",
            first_name=visit.name,
            date_of_birth=self._births.get(visit.name, BORN),
            phone=self._scenario.phone,
            language=self._language,
            starts_at=local(visit.starts, self._profile.time_zone),
            status=RowStatus.CANCELLED if is_cancelled else RowStatus.SCHEDULED,
        )

    def _stored(self) -> _Stored:
        contacts = self._bot.rows(Contact)
        names = {row.id: row.first_name for row in self._bot.rows(Patient)}
        return _Stored(
            tasks={self._task(task): task.updated_at for task in self._bot.rows(Task)},
            opt_changes=[f"{row.change} {row.how}" for row in self._bot.rows(OptChange)],
            answers={row.id: (row.answer, row.answered_at) for row in self._bot.rows(Appointment)},
            language=contacts[0].language if contacts else None,
            held_until=contacts[0].held_until if contacts else None,
            verified={
                names[row.patient_id]: row.verified_until for row in self._bot.rows(Identity)
            },
            prep=[
                f"prep {self._visit(row.appointment_id)} {row.item} {row.answer}"
                for row in self._bot.rows(PrepAnswer)
            ],
            misses=contacts[0].identity_misses if contacts else 0,
            locked_until=contacts[0].identity_locked_until if contacts else None,
        )

    def _task(self, task: Task) -> str:
        whose = f"for {self._visit(task.appointment_id)}" if task.appointment_id else None
        return " ".join(filter(None, ("task", task.kind, task.urgency, task.topic, whose)))

    def _visit(self, appointment: int) -> Visit:
        return next(visit for visit, id_ in self._visits.items() if id_ == appointment)

    def _done(self, before: _Stored, after: _Stored, text: Text) -> list[str]:
        """What a text did. To ask for a language that is set already changes nothing to be seen;
        it counts as done where it was expected."""
        done = [task for task, at in after.tasks.items() if before.tasks.get(task) != at]
        done += after.opt_changes[len(before.opt_changes) :]
        for id_, answer in after.answers.items():
            if answer != before.answers[id_]:
                word = {"confirmed": "confirm", "cannot_come": "cannot_come"}[str(answer[0])]
                done.append(f"{word} {self._visit(id_)}")
        language = f"language {after.language}"
        if after.language != before.language or any(e.rest == language for e in text.expected):
            done.append(language)
        if after.held_until != before.held_until:
            assert after.held_until is not None
            minutes = (after.held_until - self._bot.clock.now).total_seconds() / 60
            done.append(f"hold {minutes:g}")
        return done + _identities(before, after)


def _identities(before: _Stored, after: _Stored) -> list[str]:
    new = sorted(name for name, at in after.verified.items() if before.verified.get(name) != at)
    done = [" ".join(["verified", *new])] if new else []
    done += after.prep[len(before.prep) :]
    if after.misses > before.misses:
        done.append("identity_miss")
    if after.locked_until != before.locked_until:
        done.append("identity_locked")
    return done
