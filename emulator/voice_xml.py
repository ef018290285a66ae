"""A TwiML document as a tree of elements, and checks of what an element may hold."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Never, TypeVar
from urllib.parse import urlsplit
from xml.parsers import expat

from emulator.voice_verbs import Method

LARGEST_DOCUMENT = 64 * 1024
"""Bytes; Twilio's error 11750."""

_Value = TypeVar("_Value")
_METHODS: Mapping[str, Method] = {"GET": "GET", "POST": "POST"}


class BadTwiML(ValueError):  # noqa: N818 - named as people speak of it
    """A document that Twilio would not take; says where and why."""


@dataclass(slots=True)
class Element:
    """One element: its attributes, and texts and elements in their order."""

    name: str
    attributes: dict[str, str]
    line: int
    content: list["str | Element"] = field(default_factory=list)

    @property
    def elements(self) -> list["Element"]:
        """The elements inside."""
        return [part for part in self.content if isinstance(part, Element)]

    @property
    def text(self) -> str:
        """The text directly inside, without space around it."""
        return "".join(part for part in self.content if isinstance(part, str)).strip()

    def refuse(self, why: str) -> Never:
        """Raise BadTwiML about this element."""
        raise BadTwiML(f"<{self.name}> in line {self.line} {why}")


def read_tree(document: str | bytes) -> Element:
    """The root of a document. Raises BadTwiML if it is too large or no XML."""
    raw = document.encode() if isinstance(document, str) else document
    if len(raw) > LARGEST_DOCUMENT:
        raise BadTwiML(f"The document has {len(raw)} bytes; Twilio takes 64 KB at most.")
    builder = _Builder()
    try:
        builder.parser.Parse(raw, True)
    except expat.ExpatError as error:
        raise BadTwiML(f"The document is not XML: {error}.") from None
    return builder.root


class _Builder:
    def __init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._doctype
        self._open: list[Element] = []
        self.root = Element("", {}, 0)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        element = Element(name, attributes, self.parser.CurrentLineNumber)
        if self._open:
            self._open[-1].content.append(element)
        else:
            self.root = element
        self._open.append(element)

    def _end(self, _name: str) -> None:
        self._open.pop()

    def _text(self, text: str) -> None:
        self._open[-1].content.append(text)

    def _doctype(self, *_: object) -> None:
        raise BadTwiML("The document declares a document type, which TwiML has not.")


class Attributes:
    """Reads the attributes of an element one by one; `done` refuses those that nobody asked for."""

    def __init__(self, element: Element) -> None:
        self._element = element
        self._left = dict(element.attributes)

    def has(self, name: str) -> bool:
        """Whether the element has an attribute."""
        return name in self._element.attributes

    def takes(self, name: str, word: str) -> bool:
        """Whether an attribute is just this word, which is then read."""
        if self._left.get(name) != word:
            return False
        del self._left[name]
        return True

    def text(self, name: str, default: str = "") -> str:
        """An attribute as it stands."""
        return self._left.pop(name, default)

    def number(self, name: str, default: int, least: int, most: int) -> int:
        """A whole number within bounds."""
        given = self._left.pop(name, None)
        if given is None:
            return default
        if not re.fullmatch(r"\d{1,6}", given) or not least <= int(given) <= most:
            self.refuse(name, f"must be a whole number from {least} to {most}")
        return int(given)

    def yes(self, name: str, *, default: bool) -> bool:
        """A yes or no, written true or false."""
        return self.choice(name, {"true": True, "false": False}, default)

    def choice(self, name: str, allowed: Mapping[str, _Value], default: _Value) -> _Value:
        """One of several words, each with its meaning."""
        given = self._left.pop(name, None)
        if given is None:
            return default
        if given not in allowed:
            self.refuse(name, f"must be one of {', '.join(allowed)}")
        return allowed[given]

    def words(self, name: str, allowed: frozenset[str]) -> frozenset[str]:
        """Several words with spaces between them."""
        given = frozenset(self._left.pop(name, "").split())
        if given - allowed:
            self.refuse(name, f"must hold only {', '.join(sorted(allowed))}")
        return given

    def matching(self, name: str, pattern: str, what: str, default: str = "") -> str:
        """A text of a certain shape."""
        given = self._left.pop(name, default)
        if name in self._element.attributes and not re.fullmatch(pattern, given):
            self.refuse(name, f"must be {what}")
        return given

    def url(self, name: str) -> str | None:
        """An absolute or relative address; None if there is none."""
        given = self._left.pop(name, None)
        if given is not None:
            check_url(given, lambda why: self.refuse(name, why))
        return given

    def method(self, name: str = "method") -> Method:
        """GET or POST; POST if nothing is said."""
        return self.choice(name, _METHODS, "POST")

    def refuse(self, name: str, why: str) -> Never:
        """Raise BadTwiML about an attribute."""
        self._element.refuse(f"has a {name} that {why}.")

    def done(self) -> None:
        """Refuse attributes that are not known. Their names are shown, their values are not."""
        if self._left:
            self._element.refuse(f"has unknown attributes: {', '.join(sorted(self._left))}.")


def check_url(url: str, refuse: Callable[[str], Never]) -> None:
    """Refuse what cannot be an absolute or relative address."""
    parts = urlsplit(url)
    if not url or re.search(r"[\s<>\"]", url):
        refuse("must be an address without spaces")
    if parts.scheme and (parts.scheme not in ("http", "https") or not parts.netloc):
        refuse("must be an http or https address")
    if len(url) > 4000:
        refuse("must be an address of 4000 characters at most")
