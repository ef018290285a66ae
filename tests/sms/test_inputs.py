"""Whatever a phone can send is answered in good order: no 500, but TwiML that the carrier takes."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from db.clinics import store_profile
from db.models import Contact, InboundText, OptChange, Task
from profiles import ApprovedText, Wording
from tests.support.csv_files import NOW, sample_profiles
from tests.support.data import booked, stored_clinic
from tests.support.web import (
    CLINIC_NUMBER,
    INBOUND,
    PATIENT,
    PUBLIC,
    Bot,
    bot_on,
    counts,
    sign,
    text_form,
)

OTHER_CLINIC = "iowa-radiology"


class TestBodies:
    @pytest.mark.parametrize(
        "body",
        [
            "",
            " \n\t ",
            "👍🏽",
            "🦴" * 400,
            "x" * 1600,
            "word " * 1000,
            "9" * 5000,
            "nul\0byte",
            "\0",
            "\u200b\u2028\ufeff\x1b[31m",
            "&lt;<Message>]]>",
            "';DROP TABLE contact;--",
            "{clinic} %s {0} ${x}",
            "\U0010ffff\ufffe",
            "1️⃣",
        ],
    )
    def test_every_body_gets_an_answer(self, bot: Bot, body: str) -> None:
        assert bot.send(body).texts
        assert bot.row(InboundText).body == body.replace("\0", "")

    def test_a_missing_body_is_an_empty_one(self, bot: Bot) -> None:
        assert "no words" in bot.says(Body=None)
        assert bot.row(InboundText).body == ""

    @pytest.mark.parametrize(
        ("escaped", "read"),
        [("%FF", "%FF"), ("%C3%28", "%C3("), ("%ED%A0%80", "%ED%A0%80"), ("%80hi", "%80hi")],
    )
    def test_bytes_that_are_no_text(self, bot: Bot, escaped: str, read: str) -> None:
        """Whichever way they were signed: as they are read here, or as others may read them."""
        body = f"From=%2B18285550173&To=%2B18285550110&MessageSid=SM1&Body={escaped}".encode()
        for text, status in (("\ufffd", 403), (read, 200)):
            form = {"From": PATIENT, "To": CLINIC_NUMBER, "MessageSid": "SM1", "Body": text}
            headers = {
                "X-Twilio-Signature": sign(PUBLIC + INBOUND, form),
                "Content-Type": "application/x-www-form-urlencoded",
            }
            assert bot.ask("POST", INBOUND, data=body, headers=headers).status == status

    @settings(
        max_examples=60,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(body=st.text(max_size=300), sender=st.text(max_size=50), to=st.text(max_size=50))
    def test_any_text_from_anybody(self, lite_bot: Bot, body: str, sender: str, to: str) -> None:
        reply = lite_bot.send(body, From=sender, To=to)
        assert reply.status in {200, 400}
        assert reply.status == 400 or len(reply.texts) <= 1


class TestPictures:
    def test_a_picture_is_not_looked_at(self, bot: Bot) -> None:
        media = {"MediaUrl0": "https://example.org/x.jpg", "MediaContentType0": "image/jpeg"}
        assert "cannot look at pictures" in bot.says("", NumMedia="1", **media)
        assert bot.row(InboundText).media == 1

    @pytest.mark.parametrize("count", ["", "x", "-1", "1.5", "٣", "9" * 5000, " 1", "1\0"])
    def test_a_count_that_is_none(self, lite_bot: Bot, count: str) -> None:
        assert lite_bot.send("hi", NumMedia=count).texts
        assert lite_bot.row(InboundText).media == 0


class TestSenders:
    @pytest.mark.parametrize("sender", ["anonymous", "Restricted", "+266696687", "+7378742833"])
    def test_a_withheld_number_gets_silence(self, bot: Bot, sender: str) -> None:
        before = counts(bot.database)
        assert bot.send(From=sender).texts == []
        assert counts(bot.database) == before

    @pytest.mark.parametrize("sender", ["+447700900123", "+12", "+1828555017", "+" + "9" * 39])
    def test_an_international_number_is_answered(self, bot: Bot, sender: str) -> None:
        assert "What would you like to know?" in bot.says(From=sender)
        assert bot.row(Contact).phone == sender

    @pytest.mark.parametrize("sender", ["26266", "894546", "PHARMACY 24", "x" * 40, "café ☕"])
    def test_a_machine_is_told_once_a_day_whom_it_reached(self, bot: Bot, sender: str) -> None:
        assert "patient messages" in bot.says("Your code is 1234", From=sender)
        for hours in (0, 1, 22.9):
            bot.clock.advance(hours=hours)
            assert bot.send("STOP", From=sender).texts == []
        bot.clock.advance(hours=0.2)
        assert "patient messages" in bot.says("call 911", From=sender)
        assert bot.send("again", From=sender).texts == []
        assert len(bot.rows(InboundText)) == 6
        assert (bot.rows(OptChange), bot.rows(Task)) == ([], [])

    def test_a_machine_s_redelivered_text(self, bot: Bot) -> None:
        form = text_form(From="26266")
        first = bot.post(INBOUND, form)
        assert bot.post(INBOUND, form).body == first.body
        assert len(bot.rows(InboundText)) == 1

    @pytest.mark.parametrize("sender", [None, "", "  ", "x" * 41, "\0"])
    def test_no_sender_is_no_text(self, bot: Bot, sender: str | None) -> None:
        refused(bot, From=sender)

    @pytest.mark.parametrize("sender", ["+1828555\x000173", "2626\x006"])
    def test_nul_in_a_sender(self, bot: Bot, sender: str) -> None:
        assert bot.send(From=sender).texts
        assert bot.row(Contact).phone == sender.replace("\0", "")


class TestClinics:
    def test_the_number_texted_decides(self, two_clinics: Bot) -> None:
        assert "Iowa Radiology" in two_clinics.says(To="+15155550120")
        assert "ARA Health" in two_clinics.says(To=CLINIC_NUMBER)

    @pytest.mark.parametrize("to", [None, "", "+18005550199", "26266", "x" * 500, "\0"])
    def test_another_number_is_the_sender_s_clinic(self, two_clinics: Bot, to: str | None) -> None:
        iowa = sample_profiles()[OTHER_CLINIC]
        booked(two_clinics.database, iowa, NOW, phone="+15155550199")
        assert "Iowa Radiology" in two_clinics.says(To=to, From="+15155550199")

    def test_else_the_first(self, two_clinics: Bot) -> None:
        assert "ARA Health" in two_clinics.says(To="+18005550199")

    def test_without_any_clinic_whoever_writes_is_told_of_911(self, database_url: str) -> None:
        with bot_on(database_url) as bot:
            before = counts(bot.database)
            for sender in ("+18285550173", "26266"):
                assert "In an emergency call 911" in bot.says(From=sender)
            assert bot.send(From="anonymous").texts == []
            assert counts(bot.database) == before


@pytest.fixture
def two_clinics(bot: Bot) -> Bot:
    with bot.database.transaction() as session:
        store_profile(session, sample_profiles()[OTHER_CLINIC], NOW)
    return bot


class TestCarrierHasAnswered:
    @pytest.mark.parametrize("word", ["STOP", "START", "HELP", "stop"])
    def test_nothing_is_added(self, lite_bot: Bot, word: str) -> None:
        assert lite_bot.send(word, OptOutType=word).texts == []

    @pytest.mark.parametrize("word", ["", "SOMETHING"])
    def test_what_is_no_such_word(self, lite_bot: Bot, word: str) -> None:
        assert lite_bot.send("menu", OptOutType=word).texts


class TestForms:
    @pytest.mark.parametrize(
        "sid", [None, "", " ", "x" * 65, "SM1\n", "SM\x001", "SM-1", "SM é", "'; --"]
    )
    def test_without_a_proper_id_it_is_no_text(self, bot: Bot, sid: str | None) -> None:
        refused(bot, MessageSid=sid, SmsSid=None)

    def test_the_older_name_of_the_id_will_do(self, bot: Bot) -> None:
        assert bot.send(MessageSid=None, SmsSid="S" * 64).texts
        assert bot.row(InboundText).sid == "S" * 64

    def test_unknown_parameters_are_passed_over(self, lite_bot: Bot) -> None:
        extra = {"ChannelMetadata": "{}", "FromCity": "", "Latitude": "35.7", "Новый": "да"}
        assert lite_bot.send("menu", **extra).texts

    def test_a_multipart_form_counts_as_well(self, lite_bot: Bot) -> None:
        form = text_form("menu")
        headers = {"X-Twilio-Signature": sign(PUBLIC + INBOUND, form)}
        assert lite_bot.ask("POST", INBOUND, form, headers, "multipart/form-data").texts

    @pytest.mark.parametrize("multipart", [True, False])
    def test_a_form_that_is_too_large(self, lite_bot: Bot, multipart: bool) -> None:
        before = counts(lite_bot.database)
        form = text_form("x" * 140_000)
        headers = {"X-Twilio-Signature": sign(PUBLIC + INBOUND, form)}
        kind = "multipart/form-data" if multipart else "application/x-www-form-urlencoded"
        assert lite_bot.ask("POST", INBOUND, form, headers, kind).status == 413
        assert counts(lite_bot.database) == before

    def test_a_form_of_too_many_parts(self, lite_bot: Bot) -> None:
        form = MultiDict({f"p{number}": "" for number in range(501)})
        reply = lite_bot.ask("POST", INBOUND, form, content_type="multipart/form-data")
        assert reply.status == 413

    def test_very_many_short_parameters(self, lite_bot: Bot) -> None:
        form = text_form("menu")
        form.update({f"p{number}": "" for number in range(10_000)})
        assert lite_bot.post(INBOUND, form).texts

    @pytest.mark.parametrize(
        "kind", ["", "text/plain", "multipart/form-data", "multipart/form-data; boundary=x"]
    )
    def test_a_body_of_another_kind(self, lite_bot: Bot, kind: str) -> None:
        for signed in (text_form(), MultiDict[str, str]()):
            headers = {"X-Twilio-Signature": sign(PUBLIC + INBOUND, signed), "Content-Type": kind}
            reply = lite_bot.ask("POST", INBOUND, data=b"\xff--x\r\n\r\nBody=hi", headers=headers)
            assert reply.status in {400, 403}


class TestLongReplies:
    @pytest.mark.parametrize(
        "paragraph", ["Wear loose clothes. " * 12 + "\n", "é" * 700, "🦴" * 500]
    )
    def test_a_long_approved_text_comes_in_parts(self, sqlite_url: str, paragraph: str) -> None:
        approved = ApprovedText(Wording(paragraph * 15, "x"), "The nurse", dt.date(2026, 11, 2))
        profile = sample_profiles()["ara-health"]
        texts = {**profile.approved_texts, "clinic.parking": approved}
        with bot_on(sqlite_url) as bot:
            stored_clinic(bot.database, approved_texts=texts)
            parts = bot.send("where can I park").texts  # the carrier refuses parts over 1600
            assert len(parts) > 2
            said, wanted = ("".join(words.split()) for words in ("".join(parts), paragraph * 15))
            assert wanted.replace("é", "e") in said.replace("é", "e")

    def test_everything_the_library_says_fits(self, lite_bot: Bot) -> None:
        """From every menu, by every key, in both languages."""
        for language in ("english", "español"):
            for path in [[a, b] for a in "1234567" for b in "12345678"]:
                for text in (language, "9", *path, "*", "#", "#"):
                    assert lite_bot.send(text).texts


def refused(bot: Bot, **changes: str | None) -> None:
    """Checks that such a text is answered with 400 and leaves nothing behind."""
    before = counts(bot.database)
    reply = bot.post(INBOUND, text_form("hi", **changes))
    assert (reply.status, b"Nothing was stored" in reply.body) == (400, True)
    assert counts(bot.database) == before
