"""A text from a phone to the clinic: posted to the app, whose TwiML goes back to the phone."""

import secrets
from base64 import b64decode
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypedDict
from urllib.parse import urljoin

from emulator.delivery import Delivery, new_sid
from emulator.errors import CarrierError
from emulator.model import Direction, Media, Message, Note, Status
from emulator.options import Options
from emulator.optout import CONFIRMATION, Keyword, keyword_of
from emulator.segments import size_of
from emulator.state import State
from emulator.twiml import Reply, TwimlError, read_answer
from emulator.validation import Send, is_usable
from emulator.webhook import Answer, NoAnswerError, Webhooks

WEBHOOK_PATH = "/sms/inbound"
_PLAIN_PICTURE = ("image/gif", b64decode("R0lGODlhAQABAIAAAIyMmf///ywAAAAAAQABAAACAkQBADs="))
"""One grey dot, for texts whose picture does not matter."""


class TextDetails(TypedDict, total=False):
    """What a text can carry beside its words.

    `message_sid` posts a text again under the SID it had; `extra` adds form fields or overrides
    them; `pictures` are (content type, bytes), `media` counts pictures that are made up.
    """

    media: int
    pictures: list[tuple[str, bytes]]
    opt_out_type: str | None
    message_sid: str | None
    extra: dict[str, str] | None


@dataclass(frozen=True, slots=True)
class InboundResult:
    """How the app answered a text; status 0 and a `problem` if it did not answer at all.

    `replies` are the texts of its TwiML. A problem is also shown on the phone.
    """

    status: int
    body: bytes
    replies: list[str]
    message_sid: str
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """A text on its way to the app: the message as kept, and the fields added to its form."""

    message: Message
    extra: dict[str, str]


class Inbound:
    """Takes texts from phones."""

    def __init__(
        self, options: Options, state: State, webhooks: Webhooks, delivery: Delivery
    ) -> None:
        self._options = options
        self._state = state
        self._webhooks = webhooks
        self._delivery = delivery
        self.base_url = ""
        """Where the app can fetch pictures: the carrier's own address, known once it listens."""

    def write(self, from_: str, to: str, body: str, details: TextDetails) -> Text:
        """Put a text on the phone's screen; `hand_over` then brings it to the app."""
        pictures = details.get("pictures") or [_PLAIN_PICTURE] * details.get("media", 0)
        sid = details.get("message_sid") or new_sid(media=bool(pictures))
        extra = dict(details.get("extra") or {})
        if opt_out := details.get("opt_out_type"):
            extra["OptOutType"] = opt_out
        size = size_of(body)
        now = datetime.now(UTC)
        message = Message(
            sid=sid,
            direction=Direction.INBOUND,
            from_=from_,
            to=to,
            body=body,
            status=Status.RECEIVING,
            created_at=now,
            updated_at=now,
            segments=size.segments,
            encoding=size.encoding,
            media=tuple(self._keep(sid, *picture) for picture in pictures),
            service_sid=self._options.service_sid,
        )
        return Text(self._state.add(message), extra)

    def hand_over(self, text: Text) -> InboundResult:
        """Post a text to the app and put the replies on the phone."""
        message = text.message
        self._apply_keyword(message)
        url = self._webhooks.url(WEBHOOK_PATH)
        answer = Answer(0, "", b"")
        problem = None
        replies: list[Reply] = []
        form = {**self._form(message), **text.extra}
        try:
            answer = self._webhooks.post(url, form)
            replies = read_answer(answer)
        except (NoAnswerError, TwimlError) as error:
            problem = f"The clinic's service {error}."
            self._note(message, problem, error.code)
            replies = self._fall_back(message, form, url, error.code)
        self._state.advance(message.sid, Status.RECEIVED, sent_at=datetime.now(UTC))
        for reply in replies:
            self._send(message, url, reply)
        bodies = [reply.body for reply in replies]
        return InboundResult(answer.status, answer.body, bodies, message.sid, problem)

    def _fall_back(
        self, message: Message, form: dict[str, str], url: str, code: int
    ) -> list[Reply]:
        """Ask the number's fallback address, if it has one; nothing comes after that."""
        fallback = self._options.text_fallback_url
        if not fallback:
            return []
        trouble = {"ErrorCode": str(code), "ErrorUrl": url}
        try:
            return read_answer(self._webhooks.post(fallback, {**form, **trouble}))
        except (NoAnswerError, TwimlError) as error:
            self._note(message, f"The fallback address {error}.", error.code)
            return []

    def _apply_keyword(self, message: Message) -> None:
        """Block or unblock the clinic's number and confirm it, as Twilio does on its own."""
        if not self._options.keyword_filtering:
            return
        phone, number = message.phone, message.number
        was_blocked = self._state.is_blocked(phone, number)
        match keyword_of(message.body):
            case Keyword.START:
                self._state.unblock(phone, number)
                self._confirm(phone, number, Keyword.START)
            case Keyword.STOP if not was_blocked:
                self._confirm(phone, number, Keyword.STOP)
                self._state.block(phone, number)
            case Keyword.HELP if not was_blocked:
                self._confirm(phone, number, Keyword.HELP)

    def _confirm(self, phone: str, number: str, keyword: Keyword) -> None:
        send = Send(to=phone, from_=number, body=CONFIRMATION[keyword])
        self._delivery.accept(send, Direction.REPLY)

    def _send(self, message: Message, url: str, reply: Reply) -> None:
        """Send one reply; one that is refused is recorded as a failed message."""
        send = Send(
            to=reply.to or message.phone,
            from_=reply.from_ or message.number,
            body=reply.body,
            media_urls=reply.media,
            callback_url=self._address(message, url, reply.status_callback),
            action_url=self._address(message, url, reply.action),
        )
        try:
            self._delivery.accept(send, Direction.REPLY)
        except CarrierError as error:
            self._delivery.drop(send, Direction.REPLY, error.code)

    def _address(self, message: Message, url: str, given: str | None) -> str | None:
        """The absolute form of an address in TwiML; one that cannot be used is noted."""
        if not given:
            return None
        absolute = urljoin(url, given)
        if is_usable(absolute):
            return absolute
        self._note(message, "The clinic's service sent a callback address of no use.", 21609)
        return None

    def _note(self, message: Message, text: str, code: int) -> None:
        now = datetime.now(UTC)
        note = Note(phone=message.phone, number=message.number, text=text, code=code, at=now)
        self._state.add_note(note)

    def _keep(self, sid: str, content_type: str, content: bytes) -> Media:
        media_sid = "ME" + secrets.token_hex(16)
        self._state.add_picture(media_sid, content_type, content)
        path = f"/2010-04-01/Accounts/{self._options.account_sid}/Messages/{sid}/Media/{media_sid}"
        return Media(path, content_type)

    def _form(self, message: Message) -> dict[str, str]:
        """The fields of Twilio's message webhook."""
        form = {
            "MessageSid": message.sid,
            "SmsSid": message.sid,
            "SmsMessageSid": message.sid,
            "SmsStatus": "received",
            "AccountSid": self._options.account_sid,
            "ApiVersion": "2010-04-01",
            "From": message.from_,
            "To": message.to,
            "Body": message.body,
            "NumMedia": str(len(message.media)),
            "NumSegments": str(message.segments),
            "FromCountry": "US",
            "ToCountry": "US",
        }
        for end in ("From", "To"):
            form |= {f"{end}City": "", f"{end}State": "", f"{end}Zip": ""}
        if message.service_sid:
            form["MessagingServiceSid"] = message.service_sid
        for place, media in enumerate(message.media):
            form[f"MediaUrl{place}"] = self.base_url + media.url
            form[f"MediaContentType{place}"] = media.content_type
        return form
