"""The REST interface, through the real Twilio library wherever that can say it."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client
from twilio.rest.api.v2010.account.message import MessageInstance

from emulator import Emulator, Fault, FaultKind, OptionsError
from emulator.options import OptionValues
from tests.support.emulator import CLINIC, OTHER_CLINIC, OTHER_PHONE, PHONE, client_for

SERVICE = "MG" + "5" * 32


def send(client: Client, **values: object) -> MessageInstance:
    return client.messages.create(**({"to": PHONE, "from_": CLINIC, "body": "Hello"} | values))


def refusal(client: Client, **values: object) -> TwilioRestException:
    with pytest.raises(TwilioRestException) as caught:
        send(client, **values)
    return caught.value


def test_a_message_has_all_of_twilios_fields(carrier: Emulator, client: Client) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    message = send(client, body="Está bien " * 8)
    assert re.fullmatch(r"SM[0-9a-f]{32}", message.sid)
    assert message.status == "queued"
    assert before <= message.date_created <= datetime.now(UTC)
    assert message.date_sent is None
    assert (message.num_segments, message.num_media) == ("2", "0")
    assert (message.price, message.price_unit, message.direction) == (None, "USD", "outbound-api")
    raw = requests.get(
        carrier.url + message.uri,
        auth=(carrier.options.account_sid, carrier.options.auth_tokens[0]),
        timeout=60,
    ).json()
    assert raw.keys() == {
        "account_sid",
        "api_version",
        "body",
        "date_created",
        "date_sent",
        "date_updated",
        "direction",
        "error_code",
        "error_message",
        "from",
        "messaging_service_sid",
        "num_media",
        "num_segments",
        "price",
        "price_unit",
        "sid",
        "status",
        "subresource_uris",
        "to",
        "uri",
    }
    assert raw["uri"].endswith(f"/Messages/{message.sid}.json")
    assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000", raw["date_created"])


def test_a_service_names_its_sender_later(client: Client, carrier: Emulator) -> None:
    message = client.messages.create(to=PHONE, messaging_service_sid=SERVICE, body="Hello")
    assert (message.status, message.from_, message.num_segments) == ("accepted", None, "0")
    carrier.wait_until_idle()
    done = message.fetch()
    assert (done.status, done.from_, done.num_segments) == ("delivered", CLINIC, "1")


def test_a_service_keeps_to_the_number_a_phone_knows(client: Client, carrier: Emulator) -> None:
    send(client, from_=OTHER_CLINIC)
    message = client.messages.create(to=PHONE, messaging_service_sid=SERVICE, body="Hello")
    carrier.wait_until_idle()
    assert message.fetch().from_ == OTHER_CLINIC


@pytest.mark.parametrize(
    ("values", "code", "status"),
    [
        ({"to": None}, 21604, 400),
        ({"to": "notaphone"}, 21211, 400),
        ({"to": "+1555"}, 21211, 400),
        ({"to": "+11115550142"}, 21211, 400),
        ({"to": CLINIC}, 21266, 400),
        ({"from_": None}, 21603, 400),
        ({"from_": "the clinic"}, 21212, 400),
        ({"from_": None, "messaging_service_sid": "MG1"}, 21701, 404),
        ({"body": None}, 21602, 400),
        ({"body": ""}, 21602, 400),
        ({"body": "a" * 1601}, 21617, 400),
        ({"validity_period": 0}, 90007, 400),
        ({"validity_period": 36001}, 90007, 400),
        ({"validity_period": "soon"}, 90007, 400),
        ({"status_callback": "/sms/status"}, 21609, 400),
        ({"status_callback": "ftp://bot.example/s"}, 21609, 400),
        ({"status_callback": "https://my_bot.example/s"}, 21609, 400),
        ({"status_callback": "https://bot.example:99999/s"}, 21609, 400),
        ({"content_retention": "forget"}, 20001, 400),
        ({"address_retention": "forget"}, 20001, 400),
        ({"risk_check": "maybe"}, 20001, 400),
        ({"schedule_type": "fixed"}, 35111, 400),
        ({"from_": "+15005550001"}, 21212, 400),
        ({"from_": "+15005550007"}, 21606, 400),
        ({"from_": "+15005550008"}, 21611, 429),
        ({"to": "+15005550001"}, 21211, 400),
        ({"to": "+15005550002"}, 21612, 400),
        ({"to": "+15005550003"}, 21408, 400),
        ({"to": "+15005550004"}, 21610, 400),
        ({"to": "+15005550009"}, 21614, 400),
    ],
)
def test_what_is_refused(
    client: Client, carrier: Emulator, values: dict[str, object], code: int, status: int
) -> None:
    error = refusal(client, **values)
    assert (error.code, error.status) == (code, status)
    assert carrier.messages() == []


@pytest.mark.parametrize(
    "values",
    [
        {"from_": "+15005550006"},
        {"body": "a" * 1600},
        {"body": None, "media_url": ["http://bot.example/map.png"]},
        {"validity_period": 1},
        {"validity_period": 36000},
        {"status_callback": "https://u:p@bot.example:8443/s?o=1%2F2#rc=2"},
        {"content_retention": "discard", "risk_check": "disable", "smart_encoded": True},
        {"from_": "55512"},
        {"to": "+442071838750"},
    ],
)
def test_what_is_accepted(client: Client, values: dict[str, object]) -> None:
    assert send(client, **values).status == "queued"


def test_an_error_body_has_exactly_twilios_keys(carrier: Emulator) -> None:
    login = (carrier.options.account_sid, carrier.options.auth_tokens[0])
    path = f"/2010-04-01/Accounts/{login[0]}/Messages.json"
    answer = requests.post(carrier.url + path, auth=login, data={"To": "x"}, timeout=60)
    assert answer.status_code == 400
    body = answer.json()
    assert body.keys() == {"code", "message", "more_info", "status"}
    assert (body["code"], body["status"]) == (21211, 400)
    assert body["more_info"].endswith("/errors/21211")


def test_only_the_accounts_own_login_opens(carrier: Emulator) -> None:
    wrong = Client(carrier.options.account_sid, "wrong")
    wrong.api.base_url = carrier.url
    error = refusal(wrong)
    assert (error.code, error.status) == (20003, 401)
    own, other = (
        f"{carrier.url}/2010-04-01/Accounts/{account}/Messages.json"
        for account in (carrier.options.account_sid, "AC" + "1" * 32)
    )
    login = (carrier.options.account_sid, carrier.options.auth_tokens[0])
    assert requests.get(own, auth=login, timeout=60).status_code == 200
    assert requests.get(own, timeout=60).json()["code"] == 20003
    assert requests.get(other, auth=login, timeout=60).json()["code"] == 20404


def test_while_rotating_both_tokens_open() -> None:
    with Emulator(auth_tokens=("new", "old")) as carrier:
        for token in ("new", "old"):
            client = Client(carrier.options.account_sid, token)
            client.api.base_url = carrier.url
            assert send(client).status == "queued"


def test_strict_numbers_refuse_strangers() -> None:
    with Emulator(strict_numbers=True, numbers={CLINIC: ""}, service_sid=SERVICE) as carrier:
        client = client_for(carrier)
        assert send(client).status == "queued"
        assert refusal(client, from_=OTHER_CLINIC).code == 21659
        assert refusal(client, from_=OTHER_CLINIC, messaging_service_sid=SERVICE).code == 21712
        assert refusal(client, from_=None, messaging_service_sid="MG" + "6" * 32).code == 21701


def test_an_unknown_message_is_not_there(client: Client) -> None:
    for act in ("fetch", "delete"):
        with pytest.raises(TwilioRestException) as caught:
            getattr(client.messages("SM" + "0" * 32), act)()
        assert (caught.value.code, caught.value.status) == (20404, 404)


def test_list_pages_with_the_library(client: Client, carrier: Emulator) -> None:
    sids = [send(client, body=str(number)).sid for number in range(23)]
    send(client, to=OTHER_PHONE)
    listed = client.messages.list(to=PHONE, page_size=5)
    assert [message.sid for message in listed] == sids[::-1], "newest first, none twice"
    assert len(client.messages.list(to=PHONE, limit=7, page_size=3)) == 7
    assert len(client.messages.list()) == 24
    assert client.messages.list(from_=OTHER_CLINIC) == []
    first = client.messages.page(to=PHONE, page_size=10)
    send(client, body="arrives between two pages")
    second = first.next_page()
    third = second.next_page()
    assert [message.sid for message in third] == sids[::-1][20:]
    assert third.next_page() is None
    assert [message.sid for message in third.previous_page()] == sids[::-1][10:20]
    assert first.previous_page() is None
    carrier.wait_until_idle()


def test_list_by_the_time_of_sending(client: Client, carrier: Emulator) -> None:
    send(client)
    carrier.wait_until_idle()
    now = datetime.now(UTC)
    hour = timedelta(hours=1)
    assert len(client.messages.list(date_sent=now)) == 1
    assert len(client.messages.list(date_sent_after=now - hour)) == 1
    assert len(client.messages.list(date_sent_before=now + hour)) == 1
    assert client.messages.list(date_sent_after=now + hour) == []
    assert client.messages.list(date_sent_before=now - hour) == []
    assert client.messages.list(date_sent=now - timedelta(days=1)) == []


def test_inbound_texts_are_listed_too(client: Client, connected: Emulator) -> None:
    result = connected.text(PHONE, CLINIC, "Hello")
    (message,) = client.messages.list(to=CLINIC)
    assert (message.sid, message.direction, message.status) == (
        result.message_sid,
        "inbound",
        "received",
    )


def test_redact_and_delete_once_finished(client: Client, carrier: Emulator) -> None:
    carrier.faults.add(Fault(kind=FaultKind.HOLD_IN_QUEUE, seconds=3600))
    with pytest.raises(TwilioRestException) as caught:
        send(client).delete()
    assert (caught.value.code, caught.value.status) == (20009, 409)
    message = send(client)
    carrier.wait_until_idle()
    assert client.messages(message.sid).update(body="").body == ""
    assert message.fetch().body == ""
    with pytest.raises(TwilioRestException):
        client.messages(message.sid).update(body="other words")
    assert message.delete()
    with pytest.raises(TwilioRestException):
        message.fetch()


def test_only_scheduled_messages_can_be_canceled(client: Client, carrier: Emulator) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    values = {"from_": None, "messaging_service_sid": SERVICE, "schedule_type": "fixed"}
    message = send(client, **values, send_at=later)
    assert message.status == "scheduled"
    carrier.wait_until_idle(1)
    assert client.messages(message.sid).update(status="canceled").status == "canceled"
    with pytest.raises(TwilioRestException) as caught:
        client.messages(send(client).sid).update(status="canceled")
    assert caught.value.code == 30409
    assert refusal(client, **values, send_at=datetime.now(UTC)).code == 35114
    assert refusal(client, schedule_type="fixed", send_at=later).code == 35118


def test_an_opted_out_phone_is_refused_at_once_or_later(client: Client, carrier: Emulator) -> None:
    carrier.block(PHONE, CLINIC)
    error = refusal(client)
    assert (error.code, error.status) == (21610, 400)
    for from_ in (None, CLINIC):
        message = send(client, from_=from_, messaging_service_sid=SERVICE)
        assert message.status == "accepted"
        carrier.wait_until_idle()
        failed = message.fetch()
        assert (failed.status, failed.error_code) == ("failed", 21610)
    carrier.unblock(PHONE, CLINIC)
    assert send(client).status == "queued"


def test_a_wrong_path_is_answered_in_json(carrier: Emulator) -> None:
    answer = requests.get(carrier.url + "/2010-04-01/Other", timeout=60)
    assert (answer.status_code, answer.json()["code"]) == (404, 20404)


@pytest.mark.parametrize(
    "values",
    [
        {"account_sid": "AC1"},
        {"auth_tokens": ("",)},
        {"service_sid": "MG1"},
        {"app_url": "bot.example"},
        {"numbers": {"828 555 0110": ""}},
    ],
)
def test_options_that_cannot_work_are_refused(values: OptionValues) -> None:
    with pytest.raises(OptionsError):
        Emulator(**values)
