"""Reads the TwiML of a message webhook strictly: what is out of place is an error, not a guess."""

from dataclasses import dataclass, field
from xml.parsers import expat

from emulator.model import E164
from emulator.webhook import Answer

LONGEST_DOCUMENT = 64 * 1024
LONGEST_BODY = 1600

_MESSAGE_ATTRIBUTES = frozenset({"to", "from", "action", "method", "statusCallback"})


class TwimlError(Exception):
    """The document cannot be carried out; `code` is the one that Twilio's debugger would show."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class Reply:
    """One `<Message>`: its text, pictures and attributes."""

    body: str
    media: tuple[str, ...] = ()
    to: str | None = None
    from_: str | None = None
    action: str | None = None
    status_callback: str | None = None


def read_answer(answer: Answer) -> list[Reply]:
    """Turn an answer of the app into the messages that it asks for. Raises TwimlError."""
    if not 200 <= answer.status < 300:
        raise TwimlError(11200, f"did not answer ({answer.status})")
    if answer.status == 204:
        return []
    if len(answer.body) > LONGEST_DOCUMENT:
        raise TwimlError(11750, "sent a document over 64 kB")
    if answer.content_type == "text/plain":
        text = answer.body.decode(errors="replace")
        return [_checked(Reply(text))] if text else []
    if answer.content_type not in ("text/xml", "application/xml", "text/html"):
        raise TwimlError(12300, "sent something that is not TwiML")
    return read(answer.body)


def read(document: bytes) -> list[Reply]:
    """Parse a TwiML document. Raises TwimlError."""
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = reader.doctype
    try:
        parser.Parse(document, True)
    except expat.ExpatError as error:
        raise TwimlError(12100, f"sent broken XML in line {error.lineno}") from None
    return reader.replies


@dataclass(slots=True)
class _Draft:
    attributes: dict[str, str]
    text: str = ""
    body: str | None = None
    media: list[str] = field(default_factory=list)


class _Reader:
    """Follows the parser through Response > Message > Body or Media."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self._path: list[str] = []
        self._draft: _Draft | None = None
        self._noun = ""

    def doctype(self, *_: object) -> None:
        raise TwimlError(12100, "sent a document type, which TwiML has not")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        match self._path:
            case []:
                _expect(name == "Response", 12100, f"sent <{name}> in place of <Response>")
                _expect(not attributes, 12200, "sent attributes on <Response>")
            case ["Response"]:
                _expect(name == "Message", 12200, f"sent <{name}>, which a text cannot carry out")
                strange = sorted(attributes.keys() - _MESSAGE_ATTRIBUTES)
                _expect(not strange, 12200, f"sent <Message> with {', '.join(strange)}")
                self._draft = _Draft(attributes)
            case ["Response", "Message"]:
                _expect(name in ("Body", "Media"), 12200, f"sent <{name}> inside <Message>")
                _expect(not attributes, 12200, f"sent attributes on <{name}>")
                self._noun = ""
            case _:
                raise TwimlError(12200, f"sent <{name}> inside <{self._path[-1]}>")
        self._path.append(name)

    def text(self, text: str) -> None:
        match self._path:
            case ["Response", "Message"] if self._draft:
                self._draft.text += text
            case ["Response", "Message", _]:
                self._noun += text
            case _:
                _expect(not text.strip(), 12200, "sent text outside <Message>")

    def end(self, name: str) -> None:
        self._path.pop()
        draft = self._draft
        if draft is None:
            return
        if name == "Body":
            _expect(draft.body is None, 12200, "sent two bodies in one <Message>")
            draft.body = self._noun
        elif name == "Media":
            draft.media.append(self._noun.strip())
        elif name == "Message":
            self.replies.append(_finish(draft))
            self._draft = None


def _finish(draft: _Draft) -> Reply:
    loose = draft.text.strip()
    _expect(not (loose and draft.body is not None), 12200, "sent text beside <Body>")
    given = draft.attributes
    _expect(given.get("method", "POST") == "POST", 12200, "sent a method other than POST")
    for end in ("to", "from"):
        number = given.get(end)
        _expect(number is None or bool(E164.fullmatch(number)), 12200, f"sent a bad {end} number")
    return _checked(
        Reply(
            loose if draft.body is None else draft.body,
            tuple(draft.media),
            given.get("to"),
            given.get("from"),
            given.get("action"),
            given.get("statusCallback"),
        )
    )


def _checked(reply: Reply) -> Reply:
    _expect(bool(reply.body or reply.media), 14103, "sent an empty <Message>")
    _expect(len(reply.body) <= LONGEST_BODY, 21617, "sent a text over 1600 characters")
    return reply


def _expect(condition: bool, code: int, text: str) -> None:
    if not condition:
        raise TwimlError(code, text)
