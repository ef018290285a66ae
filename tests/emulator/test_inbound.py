"""Texts from phones: the signed post, the replies, and the note when the app does not answer."""

import socket
import threading
from http.client import HTTPConnection

import pytest
import requests
from flask import Response

from emulator import Emulator, Status
from tests.support.emulator import (
    CLINIC,
    OTHER_PHONE,
    PHONE,
    FakeApp,
    client_for,
    messages,
)
from tests.support.waiting import wait_until


def test_the_post_is_twilios(connected: Emulator, app: FakeApp) -> None:
    result = connected.text(PHONE, CLINIC, " ¿Está bien? 😀 ")
    (post,) = app.posts
    assert post.path == "/sms/inbound"
    assert post.is_signed_by(connected.options.auth_tokens[0])
    assert len(post.headers["I-Twilio-Idempotency-Token"]) == 36
    assert post.form["MessageSid"] == post.form["SmsSid"] == result.message_sid
    assert post.form["SmsMessageSid"] == result.message_sid
    assert post.form["Body"] == " ¿Está bien? 😀 ", "never trimmed"
    assert (post.form["From"], post.form["To"]) == (PHONE, CLINIC)
    assert (post.form["NumMedia"], post.form["NumSegments"]) == ("0", "1")
    assert (post.form["SmsStatus"], post.form["ApiVersion"]) == ("received", "2010-04-01")
    assert post.form["AccountSid"] == connected.options.account_sid
    assert post.form["FromZip"] == ""
    assert "OptOutType" not in post.form
    assert "MessagingServiceSid" not in post.form


def test_replies_reach_the_phone(connected: Emulator, app: FakeApp) -> None:
    app.answer = lambda form: messages(f"You said {form['Body']}", "And more")
    result = connected.text(PHONE, CLINIC, "1 & 2")
    assert (result.status, result.problem) == (200, None)
    assert result.replies == ["You said 1 & 2", "And more"]
    assert b"You said 1 &amp; 2" in result.body
    connected.wait_until_idle()
    replies = connected.messages(to=PHONE)
    assert [reply.body for reply in replies] == result.replies
    assert all(reply.sid.startswith("SM") and reply.from_ == CLINIC for reply in replies)
    assert {reply.status for reply in replies} == {Status.DELIVERED}
    assert connected.message(result.message_sid).status is Status.RECEIVED


def test_attributes_of_a_reply_are_honoured(connected: Emulator, app: FakeApp) -> None:
    app.answer = lambda _: Response(
        f'<Response><Message to="{OTHER_PHONE}" action="after?n=1" statusCallback="/sms/status">'
        "<Body>Hi</Body><Media>http://bot.example/map.png</Media></Message></Response>",
        content_type="text/xml",
    )
    connected.text(PHONE, CLINIC, "Hello")
    connected.wait_until_idle()
    (reply,) = connected.messages(to=OTHER_PHONE)
    assert reply.sid.startswith("MM")
    assert reply.media[0].url == "http://bot.example/map.png"
    told = [(post.path, post.form["MessageStatus"]) for post in app.posts[1:]]
    assert sorted(told) == [
        ("/sms/after", "sent"),
        ("/sms/status", "delivered"),
        ("/sms/status", "sent"),
    ]
    assert app.posts[1].is_signed_by(connected.options.auth_tokens[0])


def test_pictures_and_extra_fields(connected: Emulator, app: FakeApp) -> None:
    connected.text(PHONE, CLINIC, "Look", media=2, opt_out_type="HELP", extra={"FromCity": "BOONE"})
    (post,) = app.posts
    assert post.form["NumMedia"] == "2"
    assert post.form["MessageSid"].startswith("MM")
    assert (post.form["OptOutType"], post.form["FromCity"]) == ("HELP", "BOONE")
    picture = requests.get(post.form["MediaUrl1"], timeout=60)
    assert picture.headers["Content-Type"] == post.form["MediaContentType1"] == "image/gif"
    assert picture.content.startswith(b"GIF89a")
    assert post.is_signed_by(connected.options.auth_tokens[0])


def test_a_redelivery_keeps_its_sid(connected: Emulator, app: FakeApp) -> None:
    first = connected.text(PHONE, CLINIC, "Hello")
    second = connected.text(PHONE, CLINIC, "Hello", message_sid=first.message_sid)
    assert second.message_sid == first.message_sid
    one, other = app.posts
    assert one.form == other.form
    token = "I-Twilio-Idempotency-Token"
    assert one.headers[token] != other.headers[token]
    assert len(connected.messages(to=CLINIC)) == 1


def test_a_service_and_a_public_address(app: FakeApp) -> None:
    service = "MG" + "5" * 32
    public = "https://bot.example"
    with Emulator(app_url=app.url, public_url=public, service_sid=service) as carrier:
        carrier.text(PHONE, CLINIC, "Hello")
        (post,) = app.posts
        assert post.form["MessagingServiceSid"] == service
        wanted = carrier.signature(f"{public}/sms/inbound", post.form)
        assert post.headers["X-Twilio-Signature"] == wanted
        client_for(carrier).messages.create(
            to=PHONE, from_=CLINIC, body="Hi", status_callback=f"{public}/sms/status?o=1"
        )
        carrier.wait_until_idle()
        assert app.statuses() == ["sent", "delivered"]
        wanted = carrier.signature(f"{public}/sms/status?o=1", app.posts[-1].form)
        assert app.posts[-1].headers["X-Twilio-Signature"] == wanted


def test_a_callback_address_of_no_use_is_noted(connected: Emulator, app: FakeApp) -> None:
    app.answer = lambda _: Response(
        '<Response><Message statusCallback="http://my_bot/s" action="/después?x=a b">Hi</Message>'
        "</Response>",
        content_type="text/xml; charset=utf-8",
    )
    connected.text(PHONE, CLINIC, "Hello")
    connected.wait_until_idle()
    assert [note.code for note in connected.notes()] == [21609]
    assert app.posts[-1].url.endswith("/después?x=a%20b")
    sent = app.url + "/despu%C3%A9s?x=a%20b"
    wanted = connected.signature(sent, app.posts[-1].form)
    assert app.posts[-1].headers["X-Twilio-Signature"] == wanted


def test_two_deliveries_at_once_are_one_text(connected: Emulator, app: FakeApp) -> None:
    both = threading.Barrier(2)

    def together(_form: dict[str, str]) -> Response:
        both.wait(5)
        return messages("Hello")

    app.answer = together
    sid = "SM" + "7" * 32
    threads = [
        threading.Thread(
            target=connected.text, args=(PHONE, CLINIC, "Hi"), kwargs={"message_sid": sid}
        )
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(app.posts) == 2
    assert [text.serial for text in connected.messages(to=CLINIC)] == [1]


@pytest.mark.parametrize(
    ("status", "content_type", "body", "code", "words"),
    [
        (500, "text/html", "oops", 11200, "did not answer (500)"),
        (403, "text/html", "no", 11200, "did not answer (403)"),
        (302, "text/html", "", 11200, "did not answer (302)"),
        (200, "text/html", "OK", 12100, "broken XML"),
        (200, "text/xml", "<Response><Gather/></Response>", 12200, "<Gather>"),
        (200, "application/json", "{}", 12300, "not TwiML"),
    ],
)
def test_a_bad_answer_is_noted_on_the_phone(
    connected: Emulator,
    app: FakeApp,
    status: int,
    content_type: str,
    body: str,
    code: int,
    words: str,
) -> None:
    app.answer = lambda _: Response(body, status, content_type=content_type)
    result = connected.text(PHONE, CLINIC, "Hello")
    assert result.status == status
    assert result.replies == []
    assert result.problem is not None
    assert words in result.problem
    (note,) = connected.notes()
    assert (note.phone, note.number, note.code) == (PHONE, CLINIC, code)
    assert note.text == result.problem
    assert len(app.posts) == 1, "an answer, however bad, is not asked for twice"


def test_an_app_that_is_down_is_noted(carrier: Emulator) -> None:
    carrier.app_url = "http://127.0.0.1:9"
    result = carrier.text(PHONE, CLINIC, "Hello")
    assert (result.status, result.body) == (0, b"")
    assert carrier.notes()[0].code == 11205


@pytest.mark.parametrize("is_down", [False, True])
def test_the_number_s_fallback_address_answers_in_its_place(is_down: bool) -> None:
    with FakeApp(answer=lambda _: Response("no", 500)) as broken, FakeApp() as backup:
        backup.answer = lambda form: messages(f"Call us about: {form['Body']}")
        away = "http://127.0.0.1:9" if is_down else broken.url
        safe = f"{backup.url}/sms/inbound"
        with Emulator(
            app_url=away, numbers={CLINIC: "ARA Health"}, text_fallback_url=safe
        ) as carrier:
            result = carrier.text(PHONE, CLINIC, "Hi")
            assert result.replies == ["Call us about: Hi"]
            assert result.problem is not None
            (post,) = backup.posts
            assert post.is_signed_by(carrier.options.auth_tokens[0])
            assert post.form["MessageSid"] == result.message_sid
            assert post.form["ErrorUrl"] == f"{away}/sms/inbound"
            assert post.form["ErrorCode"] == ("11205" if is_down else "11200")
            backup.answer = lambda _: Response("no", 500)
            assert carrier.text(PHONE, CLINIC, "Hi").replies == []
            assert [note.text for note in carrier.notes()][-1].startswith("The fallback address")


def test_a_failed_connection_is_tried_once_more(
    connected: Emulator, app: FakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = HTTPConnection.connect
    failures = iter([True, False, True, True])

    def shaky(connection: HTTPConnection) -> None:
        if next(failures):
            raise ConnectionRefusedError
        connect(connection)

    monkeypatch.setattr(HTTPConnection, "connect", shaky)
    assert connected.text(PHONE, CLINIC, "Hello").status == 200
    assert connected.text(PHONE, CLINIC, "Hello").status == 0
    assert len(app.posts) == 1


def test_an_app_that_hangs_is_given_up(app: FakeApp) -> None:
    free = threading.Event()

    def late(_form: dict[str, str]) -> Response:
        free.wait(60)
        return messages()

    app.answer = late
    with Emulator(app_url=app.url, read_timeout=0.2) as carrier:
        result = carrier.text(PHONE, CLINIC, "Hello")
        free.set()
    assert result.status == 0
    assert result.problem is not None
    assert "in time" in result.problem
    wait_until("the post to be there", lambda: app.posts)
    assert len(app.posts) == 1


def test_a_broken_connection_is_noted(carrier: Emulator) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        carrier.app_url = f"http://127.0.0.1:{listening.getsockname()[1]}"

        def hang_up() -> None:
            listening.accept()[0].close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        result = carrier.text(PHONE, CLINIC, "Hello")
        thread.join()
    assert result.problem is not None
    assert "broke off" in result.problem


def test_stop_and_start_with_keyword_filtering(app: FakeApp) -> None:
    app.answer = lambda _: messages("The app's own words")
    with Emulator(app_url=app.url, keyword_filtering=True) as carrier:
        carrier.text(PHONE, CLINIC, "stop please")
        carrier.wait_until_idle()
        assert [m.status for m in carrier.messages(to=PHONE)] == [Status.DELIVERED]

        carrier.text(PHONE, CLINIC, " Stop ")
        carrier.wait_until_idle()
        _, confirmation, dropped = carrier.messages(to=PHONE)
        assert confirmation.status is Status.DELIVERED
        assert "START" in confirmation.body
        assert (dropped.status, dropped.error_code) == (Status.FAILED, 21610)
        assert len(app.texts()) == 2, "the app hears of it all the same"
        assert "OptOutType" not in app.texts()[1].form

        carrier.text(PHONE, CLINIC, "HELP")
        carrier.text(PHONE, CLINIC, "STOP")
        carrier.wait_until_idle()
        assert [m.status for m in carrier.messages(to=PHONE)[3:]] == [Status.FAILED] * 2

        carrier.text(PHONE, CLINIC, "yes")
        carrier.wait_until_idle()
        confirmation, reply = carrier.messages(to=PHONE)[-2:]
        assert "STOP" in confirmation.body
        assert reply.status is Status.DELIVERED


def test_without_filtering_the_apps_words_arrive(connected: Emulator, app: FakeApp) -> None:
    app.answer = lambda _: messages("You are off our list.")
    connected.text(PHONE, CLINIC, "STOP")
    connected.wait_until_idle()
    (reply,) = connected.messages(to=PHONE)
    assert (reply.body, reply.status) == ("You are off our list.", Status.DELIVERED)
