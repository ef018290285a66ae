"""An app for calls that is a table of documents, in this process and without a socket."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

MENU = (
    '<Gather action="/voice/turn" numDigits="1" finishOnKey="" timeout="5">'
    "<Say>one two three four five</Say></Gather><Redirect>/voice/silence</Redirect>"
)
BYE = "<Say>Goodbye.</Say><Hangup/>"
Answer = str | tuple[int, str] | Exception | Callable[[Mapping[str, str]], str]


@dataclass
class Script:
    """An app: what each path answers, and what it was asked."""

    answers: dict[str, Answer]
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def post(self, url: str, form: Mapping[str, str]) -> tuple[int, str]:
        """Answer a form, as `voice_phone.Poster`."""
        path = url.removeprefix("https://clinic.example")
        self.asked.append((path, dict(form)))
        answer = self.answers.get(path, (404, "nothing here"))
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, tuple):
            return answer
        inside = answer if isinstance(answer, str) else answer(form)
        return 200, said(inside)

    def paths(self) -> list[str]:
        """What was asked, in its order."""
        return [path for path, _ in self.asked]


def voice_app(inbound: Answer, **others: Answer) -> Script:
    """An app that answers calls; `others` are further paths below /voice."""
    paths = {f"/voice/{name}": answer for name, answer in others.items()}
    return Script({"/voice/inbound": inbound, "/voice/turn": BYE, "/voice/silence": BYE, **paths})


def said(inside: str) -> str:
    """A whole document."""
    return f"<Response>{inside}</Response>"
