"""What a text does besides being answered, read back from the database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import msgspec
import pytest
from sqlalchemy import select

from appointments import cancel
from db.consents import set_consent
from db.contacts import lock_contact
from db.models import (
    Appointment,
    ConsentChange,
    Contact,
    Conversation,
    InboundText,
    OptChange,
    Patient,
    PrepAnswer,
    Reminder,
    Task,
)
from db.tasks import open_counts
from flows.library import default_library
from flows.model import Session as Talk
from profiles import Profile
from scheduler.bodies import body_of, occasioned
from scheduler.policy import Kind
from tests.support.csv_files import NOW, sample_profiles
from tests.support.data import STARTS_AT, booked
from tests.support.web import PATIENT, Bot

RED_FLAG = "I can't feel my legs and I can't pee"
PROFILE = sample_profiles()["ara-health"]


@pytest.fixture
def asked(bot: Bot) -> Callable[..., int]:
    """Books an appointment and lets the carrier report that its reminder has gone out."""

    def ask(external_id: str = "A-1001", **changes: object) -> int:
        appointment = booked(bot.database, PROFILE, NOW, external_id=external_id, **changes)
        with bot.database.transaction() as session:
            first = next(r.id for r in bot.rows(Reminder) if r.appointment_id == appointment)
            row = session.get_one(Reminder, first)
            row.status, row.to = "sending", PATIENT
        report = {"MessageSid": f"SM{first}", "MessageStatus": "sent"}
        assert bot.post(f"/sms/status?r={first}", report).status == 204
        return appointment

    return ask


class TestOptOut:
    @pytest.mark.parametrize(
        ("words", "carrier", "how"),
        [
            ("STOP", None, "keyword"),
            ("  Stop ", None, "keyword"),
            ("Stop", "STOP", "carrier"),
            ("Please leave me alone", None, "own_words"),
        ],
    )
    def test_it_is_kept_with_time_means_and_wording(
        self, bot: Bot, words: str, carrier: str | None, how: str
    ) -> None:
        reply = bot.send(words, OptOutType=carrier).texts
        change = bot.row(OptChange)
        assert (change.change, change.how, change.wording) == ("opt_out", how, words)
        assert (change.at, change.contact_id) == (NOW, bot.row(Contact).id)
        assert bot.row(Contact).opted_out_at == NOW
        assert len(reply) == (0 if carrier else 1)
        assert bot.row(InboundText).kind == "optout"

    def test_it_is_confirmed_once_only(self, bot: Bot) -> None:
        assert "no more messages" in bot.says("STOP")
        bot.clock.advance(hours=1)
        assert bot.send("STOP").texts == []
        assert [change.change for change in bot.rows(OptChange)] == ["opt_out", "opt_out"]

    @pytest.mark.parametrize(
        ("words", "carrier"), [("START", None), ("yes", None), ("yes", "START")]
    )
    def test_coming_back(self, bot: Bot, words: str, carrier: str | None) -> None:
        bot.send("STOP")
        bot.clock.advance(hours=1)
        assert bool(bot.send(words, OptOutType=carrier).texts) is (carrier is None)
        last = bot.rows(OptChange)[-1]
        how = "carrier" if carrier else "keyword"
        assert (last.change, last.how, last.wording) == ("opt_in", how, words)
        assert last.at == NOW + dt.timedelta(hours=1)
        assert bot.row(Contact).opted_out_at is None

    def test_calls_instead_of_texts_takes_back_the_texts_alone(self, bot: Bot) -> None:
        booked(bot.database, PROFILE, NOW, voice_consent=True, language="en")
        assert "any more reminder texts" in bot.says("please don't text me, call me")
        change = bot.rows(ConsentChange)[-1]
        assert (change.channel, change.granted, change.source) == ("sms", False, "text")
        patient = bot.row(Patient)
        assert (patient.sms_consent, patient.voice_consent) == (False, True)
        assert bot.row(Contact).opted_out_at is None
        assert bot.row(Task).kind == "call_me"
        said = len(bot.rows(ConsentChange))
        assert "any more reminder texts" in bot.says("please don't text me, call me")
        assert len(bot.rows(ConsentChange)) == said

    @pytest.mark.parametrize(("by", "wanted"), [("text", True), ("call", True), ("phone", False)])
    def test_start_brings_texts_back_that_the_patient_took_back_themselves(
        self, bot: Bot, by: str, wanted: bool
    ) -> None:
        """What staff entered is changed by staff alone."""
        booked(bot.database, PROFILE, NOW, voice_consent=False, language="en")
        with bot.database.transaction() as session:
            patient = session.scalars(select(Patient)).one()
            change = ConsentChange(
                patient_id=patient.id, channel="sms", granted=False, source=by, at=NOW
            )
            set_consent(session, patient, change)
        bot.clock.advance(hours=1)
        assert "1" in bot.says("START")
        patient, change = bot.row(Patient), bot.rows(ConsentChange)[-1]
        assert (patient.sms_consent, patient.voice_consent) == (wanted, False)
        assert (change.granted, change.source) == (wanted, "text" if wanted else by)
        assert len(bot.rows(ConsentChange)) == (4 if wanted else 3)

    def test_what_else_they_write_meanwhile_is_read_by_a_person(self, bot: Bot) -> None:
        bot.send("STOP")
        assert "turned off" in bot.says("Can I eat before my visit?")
        task = bot.row(Task)
        assert (task.kind, task.words) == ("wrote_while_opted_out", "Can I eat before my visit?")

    def test_an_emergency_is_answered_all_the_same(self, bot: Bot) -> None:
        bot.send("STOP")
        assert "Call 911 now" in bot.says(RED_FLAG)

    def test_the_carrier_s_yes_to_a_reminder_counts_for_both(
        self, bot: Bot, asked: Callable[..., int]
    ) -> None:
        """YES is an opt-in word to the carrier, and to the patient an answer."""
        asked()
        assert bot.send("Yes", OptOutType="START").texts == []
        assert bot.row(Appointment).answer == "confirmed"
        assert bot.row(OptChange).change == "opt_in"

    def test_the_carrier_s_yes_confirms_nothing_that_it_does_not_answer(
        self, bot: Bot, asked: Callable[..., int]
    ) -> None:
        asked()
        bot.says("2")
        assert bot.send("Yes", OptOutType="START").texts == []
        assert bot.row(Appointment).answer == "cannot_come"

    def test_the_carrier_s_yes_answers_the_check_list(
        self, bot: Bot, asked: Callable[..., int]
    ) -> None:
        bot.clock.now = STARTS_AT - dt.timedelta(hours=20)
        asked()
        assert "Are they ready to bring?" in bot.says("3")
        assert bot.send("Yes", OptOutType="START").texts == []
        answer = bot.row(PrepAnswer)
        assert (answer.item, answer.answer) == ("medicines", "ready")
        assert bot.row(Appointment).answer is None

    @pytest.mark.parametrize("stopped", [False, True])
    def test_the_carrier_s_yes_wants_texts_again_only_after_a_stop(
        self, bot: Bot, asked: Callable[..., int], stopped: bool
    ) -> None:
        asked()
        bot.says("please don't text me, call me")
        if stopped:
            bot.send("STOP")
        bot.send("Yes", OptOutType="START")
        assert bot.row(Patient).sms_consent is stopped


class TestLanguage:
    def test_the_reminders_follow(self, bot: Bot) -> None:
        booked(bot.database, PROFILE, NOW)
        booked(bot.database, PROFILE, NOW, external_id="A-2", first_name="Otto")
        booked(
            bot.database, PROFILE, NOW, external_id="A-3", first_name="Ann", phone="+18285550199"
        )
        assert "español" in bot.says("español")
        assert [contact.language for contact in bot.rows(Contact)] == ["es", None]
        assert [patient.language for patient in bot.rows(Patient)] == ["es", "es", "en"]
        with bot.database.reading() as session:
            appointment = session.get_one(Appointment, 1)
            body = body_of(
                default_library(), PROFILE, occasioned(appointment), Kind.DAY_BEFORE, NOW
            )
        assert "Su cita" in body

    def test_and_back(self, bot: Bot) -> None:
        booked(bot.database, PROFILE, NOW, language="es")
        assert "Somos ARA Health" in bot.says("9")
        assert "English" in bot.says("english")
        assert bot.row(Patient).language == "en"
        assert "ARA Health here" in bot.says("9")


class TestTasks:
    def test_wanting_a_person(self, bot: Bot) -> None:
        bot.says("Can I talk to someone")
        task = bot.row(Task)
        assert (task.kind, task.urgency, task.words) == (
            "call_me",
            "normal",
            "Can I talk to someone",
        )
        assert (task.contact_id, task.clinic_id) == (bot.row(Contact).id, "ara-health")
        assert (task.created_at, task.updated_at, task.done_at) == (NOW, NOW, None)

    def test_a_second_one_on_the_same_matter_adds_its_words(self, bot: Bot) -> None:
        bot.says("0")
        bot.clock.advance(minutes=5)
        bot.says("a person")
        task = bot.row(Task)
        assert (task.words, task.created_at) == ("0\na person", NOW)
        assert task.updated_at == NOW + dt.timedelta(minutes=5)

    def test_after_it_is_done_it_is_a_new_matter(self, bot: Bot) -> None:
        bot.says("0")
        with bot.database.transaction() as session:
            session.get_one(Task, 1).done_at = NOW
        bot.says("0")
        assert [(task.words, task.done_at) for task in bot.rows(Task)] == [("0", NOW), ("0", None)]

    def test_another_matter_or_phone_is_a_task_of_its_own(self, bot: Bot) -> None:
        bot.says("0")
        bot.says("0", From="+18285550199")
        bot.says("I already ate")
        tasks = bot.rows(Task)
        assert [(task.kind, task.contact_id) for task in tasks] == [
            ("call_me", 1),
            ("call_me", 2),
            ("already_ate", 1),
        ]
        assert tasks[2].urgency == "urgent"

    def test_a_question_without_an_approved_answer(self, bot: Bot) -> None:
        bot.says("Can I drink water")
        task = bot.row(Task)
        assert (task.kind, task.topic, task.words) == (
            "question",
            "prep.drinks",
            "Can I drink water",
        )


class TestEmergency:
    def test_it_opens_a_task_and_holds_messages_for_an_hour(self, bot: Bot) -> None:
        assert "Call 911 now" in bot.says(RED_FLAG)
        task, contact = bot.row(Task), bot.row(Contact)
        assert (task.kind, task.urgency, task.words) == ("emergency", "emergency", RED_FLAG)
        assert contact.held_until == NOW + dt.timedelta(minutes=60)
        assert bot.row(InboundText).kind == "emergency"
        with bot.database.reading() as session:
            assert open_counts(session) == {"emergency": 1}

    def test_more_words_hold_for_longer_and_join_the_task(self, bot: Bot) -> None:
        bot.says(RED_FLAG)
        bot.clock.advance(minutes=30)
        bot.says(RED_FLAG)
        assert bot.row(Task).words == f"{RED_FLAG}\n{RED_FLAG}"
        assert bot.row(Contact).held_until == NOW + dt.timedelta(minutes=90)


class TestAnswersToAReminder:
    @pytest.mark.parametrize(
        ("words", "answer", "says"),
        [
            ("1", "confirmed", "you will be there"),
            ("yes", "confirmed", "you will be there"),
            ("I will be there", "confirmed", "you will be there"),
            ("2", "cannot_come", "you cannot come"),
            ("I can't make it", "cannot_come", "you cannot come"),
        ],
    )
    def test_they_are_recorded(
        self, bot: Bot, asked: Callable[..., int], words: str, answer: str, says: str
    ) -> None:
        asked()
        bot.clock.advance(hours=2)
        assert says in bot.says(words)
        appointment = bot.row(Appointment)
        assert (appointment.answer, appointment.status) == (answer, "scheduled")
        assert appointment.answered_at == NOW + dt.timedelta(hours=2)
        expected = [("cannot_come", "urgent", words, 1)] if answer == "cannot_come" else []
        tasks = bot.rows(Task)
        assert [(t.kind, t.urgency, t.words, t.appointment_id) for t in tasks] == expected

    def test_a_mistake_can_be_put_right(self, bot: Bot, asked: Callable[..., int]) -> None:
        asked()
        bot.says("2")
        assert "you will be there" in bot.says("1")
        assert bot.row(Appointment).answer == "confirmed"

    def test_on_a_shared_phone_it_is_asked_whom_it_is_for(
        self, bot: Bot, asked: Callable[..., int]
    ) -> None:
        asked("A-1", first_name="Rosalind")
        asked("A-2", first_name="Otto")
        assert "Who is this reply for?" in bot.says("1")
        assert [a.answer for a in bot.rows(Appointment)] == [None, None]
        bot.says("2")
        assert [a.answer for a in bot.rows(Appointment)] == [None, "confirmed"]

    def test_without_a_question_there_is_nothing_to_answer(self, bot: Bot) -> None:
        booked(bot.database, PROFILE, NOW)
        bot.says("I will be there")
        assert bot.row(Appointment).answer is None

    @pytest.mark.parametrize("what", ["moved", "cancelled"])
    def test_a_question_that_was_overtaken_is_not_answered(
        self, bot: Bot, asked: Callable[..., int], what: str
    ) -> None:
        asked()
        overtake(bot, PROFILE, what)
        assert "no open question" in bot.says("1")
        assert bot.row(Appointment).answer is None

    def test_an_appointment_that_has_begun_is_not_answered(
        self, bot: Bot, asked: Callable[..., int]
    ) -> None:
        asked()
        bot.clock.now = STARTS_AT
        bot.says("I will be there")
        assert bot.row(Appointment).answer is None


def overtake(bot: Bot, profile: Profile, what: str) -> None:
    """Moves or cancels the appointment that a reminder has just asked about."""
    if what == "moved":
        booked(bot.database, profile, NOW, starts_at=STARTS_AT + dt.timedelta(days=1))
        return
    with bot.database.transaction() as session:
        contact = lock_contact(session, profile.id, PATIENT, NOW)
        cancel(session, profile, session.get_one(Appointment, 1), contact, NOW)


def test_the_turn_is_written_down(bot: Bot) -> None:
    reply = bot.says("  Does it hurt? ")
    text, stored = bot.row(InboundText), bot.row(Conversation)
    talk = msgspec.json.decode(stored.state, type=Talk)
    assert (text.body, text.at, text.reply) == ("  Does it hurt? ", NOW, reply)
    assert text.response.count("<Message>") == 1
    assert (talk.turn, talk.spoke_at, talk.last_text) == (1, NOW, "  Does it hurt? ")
    assert (stored.channel, stored.updated_at) == ("sms", NOW)
