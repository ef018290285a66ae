"""A patient calls: greeting, keys and words, languages, silence, red flags, goodbye."""

from __future__ import annotations

import pytest

from db.call_models import Call as CallRow
from db.call_models import CallTurnRow
from db.models import Contact, OptChange, Task
from emulator.voice_events import Ending
from emulator.voice_verbs import Dial, Gather, Say
from tests.support.web import PATIENT, Bot


def test_the_first_sentence_names_the_clinic_and_911(lite_bot: Bot) -> None:
    call = lite_bot.call()
    first = call.heard.partition(".")[0]
    assert "ARA Health" in first
    assert "in an emergency, hang up and call 9 1 1" in first


def test_spanish_is_offered_in_its_own_voice_before_the_menu(lite_bot: Bot) -> None:
    gather = lite_bot.call().waiting
    assert isinstance(gather, Gather)
    says = [prompt for prompt in gather.prompts if isinstance(prompt, Say)]
    assert [say.voice for say in says] == [
        "Polly.Joanna-Neural",
        "Polly.Lupe-Neural",
        "Polly.Joanna-Neural",
    ]
    assert "Para español, oprima 8." in str(says[1].content)


def test_the_gather_takes_one_key_or_speech_and_reports_silence(lite_bot: Bot) -> None:
    gather = lite_bot.call().waiting
    assert isinstance(gather, Gather)
    assert (gather.takes_keys, gather.takes_speech, gather.num_digits) == (True, True, 1)
    assert (gather.finish_on_key, gather.action_on_empty, gather.barge_in) == ("", True, True)
    assert (gather.language, gather.timeout) == ("en-US", 7)
    assert {"prep questions", "main menu", "goodbye"} <= set(gather.hints)


def test_keys_lead_to_an_answer_and_the_turns_are_stored(bot: Bot) -> None:
    call = bot.call()
    call.presses("4").hears("Getting ready.").presses("1").hears("fast for 6 hours")
    call.presses("#").hears("Getting ready.").presses("9").hears("ARA Health")
    call.presses("*").hears("ARA Health").hangs_up()
    turns = bot.rows(CallTurnRow)
    assert [turn.said for turn in turns] == ["", "4", "1", "#", "9", "*"]
    assert [turn.labels for turn in turns][2] == "prep.fasting"
    assert "Please fast for 6 hours" in turns[2].reply
    row = bot.row(CallRow)
    assert (row.direction, row.turn, row.status) == ("in", 6, "completed")
    assert row.ended_at == bot.clock.now
    assert row.contact_id == bot.row(Contact).id
    assert row.phone == PATIENT


def test_a_key_stops_the_prompt(lite_bot: Bot) -> None:
    call = lite_bot.call().presses("4", after=3.0)
    assert call.clock < 60
    call.hears("Getting ready.")


def test_speech_finds_a_topic_and_its_punctuation_does_not_matter(lite_bot: Bot) -> None:
    lite_bot.call().says("Who can drive me home?").hears("friend or family member drive you home")


@pytest.mark.parametrize("confidence", [None, 0.4, 1.0])
def test_speech_counts_with_or_without_a_confidence(
    lite_bot: Bot, confidence: float | None
) -> None:
    lite_bot.call().says("can I eat breakfast", confidence).hears("fast for 6 hours")


class TestTheCarrierDoubtsWhatItHeard:
    def test_words_that_fit_loosely_are_not_understood(self, lite_bot: Bot) -> None:
        lite_bot.call().says("can I eat breakfast", 0.39).hears_not("6 hours")
        assert lite_bot.rows(CallTurnRow)[-1].kind == "unknown"

    def test_words_that_fit_exactly_count(self, lite_bot: Bot) -> None:
        lite_bot.call().says("how to get ready", 0.1).hears("Getting ready.")

    def test_a_topic_of_another_menu_counts_too(self, lite_bot: Bot) -> None:
        lite_bot.call().says("aspirin", 0.1).hears("Do not stop any medicine")

    def test_commands_count(self, lite_bot: Bot) -> None:
        call = lite_bot.call().says("speak to a person", 0.1)
        assert isinstance(call.waiting, Dial)

    def test_red_flags_count(self, lite_bot: Bot) -> None:
        lite_bot.call().says("I can't move my legs", 0.05).hears("Hang up and call 9 1 1 now")

    def test_nobody_is_opted_out(self, lite_bot: Bot) -> None:
        lite_bot.call().says("no more texts please", 0.2).hears("did not understand")
        assert lite_bot.rows(OptChange) == []


class TestLanguages:
    def test_key_8_switches_and_is_kept_for_the_next_call(self, bot: Bot) -> None:
        call = bot.call().presses("8").hears("Desde ahora seguimos en español.")
        gather = call.waiting
        assert isinstance(gather, Gather)
        assert gather.language == "es-US"
        assert "hablar con alguien" in gather.hints
        call.hangs_up()
        bot.call().hears("Le habla ARA Health").hears("For English, press 8.")

    def test_first_words_in_spanish_are_answered_in_spanish(self, lite_bot: Bot) -> None:
        lite_bot.call().says("¿Puedo comer antes del procedimiento?").hears("ayuno durante 6 horas")


class TestNothingIsUnderstood:
    def test_a_hint_then_the_menu_then_a_person(self, lite_bot: Bot) -> None:
        call = lite_bot.call().presses("4")
        call.says("qwertz").hears("Sorry, we did not understand.").hears("press 0")
        call.says("yxcvb").hears("we still did not understand").hears("For drinks, press 2.")
        call.says("asdfg").hears("A person can help.").hears("We connect you")
        assert isinstance(call.waiting, Dial)
        call.dial_ends("busy").presses("2")
        task = lite_bot.row(Task)
        assert (task.kind, task.reason) == ("not_understood", "desk_busy")

    def test_silence_is_met_gently_then_with_a_person(self, lite_bot: Bot) -> None:
        call = lite_bot.call()
        call.waits().hears("We did not hear you. Take your time.").hears("press 4")
        call.waits().hears("We did not hear you. Take your time.")
        call.waits().hears("We connect you")
        assert isinstance(call.waiting, Dial)

    def test_a_caller_who_is_silent_to_the_end_leaves_a_task(self, lite_bot: Bot) -> None:
        call = lite_bot.call().waits().waits().waits().dial_ends("no-answer")
        call.waits().waits().waits().hears("We let our ARA Cares Coordinator know that you called")
        assert call.ending is Ending.HANGUP
        assert lite_bot.row(Task).kind == "not_understood"

    def test_empty_speech_is_silence(self, lite_bot: Bot) -> None:
        call = lite_bot.call()
        address = call.requests[-1].url.replace("/voice/inbound", "/voice/turn?n=2")
        form = dict(call.requests[-1].form) | {"SpeechResult": "", "Confidence": "0.0"}
        reply = lite_bot.post(address.removeprefix("https://bot.example.org"), form)
        assert b"We did not hear you." in reply.body


class TestRedFlags:
    def test_the_emergency_comes_first_then_the_call_stays_open(self, bot: Bot) -> None:
        call = bot.call().presses("4").says("my legs went numb")
        call.hears("Hang up and call 9 1 1 now.").hears("For a person, press 0.")
        call.hears_not("Getting ready.")
        task = bot.row(Task)
        assert (task.kind, task.urgency, task.topic) == ("emergency", "emergency", "cord")
        assert (task.words, task.call_sid) == ("my legs went numb", call.sid)
        assert bot.row(Contact).held_until is not None
        call.presses("0").hears("We connect you")

    def test_silence_repeats_it_once_then_the_call_ends(self, lite_bot: Bot) -> None:
        call = lite_bot.call().says("I can't breathe")
        call.waits().hears("Hang up and call 9 1 1 now.")
        call.waits().hears("Please get help now. Goodbye.")
        assert call.ending is Ending.HANGUP
        assert len(lite_bot.rows(Task)) == 1

    def test_star_repeats_it(self, lite_bot: Bot) -> None:
        call = lite_bot.call().presses("4").says("I want to kill myself").hears("9 8 8")
        call.presses("*").hears("9 8 8").presses("1").hears("fast for 6 hours")

    def test_same_day(self, lite_bot: Bot) -> None:
        lite_bot.call().says("I have a fever since the procedure").hears("Please call us today")
        assert lite_bot.row(Task).urgency == "urgent"


class TestGoodbye:
    @pytest.mark.parametrize("words", ["Goodbye.", "bye", "that is all", "Adiós"])
    def test_a_goodbye_ends_the_call(self, lite_bot: Bot, words: str) -> None:
        call = lite_bot.call().says(words).hears("Thank you for calling. Goodbye.")
        assert call.ending is Ending.HANGUP
        assert lite_bot.rows(Task) == []


class TestOptingOut:
    def test_own_words_opt_the_number_out(self, bot: Bot) -> None:
        bot.call().says("please stop sending me texts").hears("You will get no more messages")
        assert bot.row(OptChange).how == "own_words"

    @pytest.mark.parametrize("word", ["stop", "cancel", "end", "quit"])
    def test_a_single_word_does_not(self, lite_bot: Bot, word: str) -> None:
        lite_bot.call().says(word)
        assert lite_bot.rows(OptChange) == []

    def test_who_has_opted_out_is_answered_all_the_same(self, lite_bot: Bot) -> None:
        lite_bot.send("STOP")
        lite_bot.call().presses("4").hears("Getting ready.").says("yes")
        assert [row.change for row in lite_bot.rows(OptChange)] == ["opt_out"]
