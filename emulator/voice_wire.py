"""What one call says to the app: Twilio's form fields, the fallback address, strict answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from emulator.voice_twiml import BadTwiML, parse
from emulator.voice_verbs import Method, Verb
from emulator.webhook import NoAnswerError, with_query

Poster = Callable[[str, Mapping[str, str]], tuple[int, str]]
"""Posts a signed form to an absolute address; gives status and document, or raises NoAnswerError
(TimeoutError and ConnectionError count as the same)."""

Getter = Callable[[str], tuple[int, str]]
"""The same for documents that are fetched with GET, the fields being in the address."""

WITHHELD = frozenset(
    {
        "",
        "anonymous",
        "unknown",
        "restricted",
        "unavailable",
        "+266696687",
        "+7378742833",
        "+8656696",
        "+86282452253",
        "+2562533",
    }
)
"""What Twilio puts for a caller who withholds the number, in words or spelt on a keypad."""


class ApplicationError(Exception):
    """The app gave no document that can be played; `code` is Twilio's debugger code."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """Who talks with whom. `direction` is inbound or outbound-api."""

    call_sid: str
    account_sid: str
    from_: str
    to: str
    direction: str

    def form(self, status: str) -> dict[str, str]:
        """The fields that every request about a call has."""
        form = {
            "AccountSid": self.account_sid,
            "ApiVersion": "2010-04-01",
            "CallSid": self.call_sid,
            "CallStatus": status,
            "Called": self.to,
            "Caller": self.from_,
            "Direction": self.direction,
            "From": self.from_,
            "To": self.to,
        }
        for end, number in (("From", self.from_), ("To", self.to)):
            if number not in WITHHELD:
                form |= {
                    f"{end}City": "",
                    f"{end}State": "",
                    f"{end}Zip": "",
                    f"{end}Country": "US",
                }
        return form


@dataclass(frozen=True, slots=True)
class Request:
    """One request of a call's, as it was sent."""

    url: str
    form: dict[str, str]
    method: Method = "POST"


class Wire:
    """Fetches documents for one call and reports on it."""

    def __init__(
        self,
        ends: Ends,
        post: Poster,
        get: Getter | None = None,
        *,
        fallback: tuple[str, Method] | None = None,
        strict: bool = True,
    ) -> None:
        """With `strict`, a document that Twilio would not take raises BadTwiML; without, it is
        met with the fallback address, as Twilio does."""
        self.ends = ends
        self.status = "ringing" if ends.direction == "inbound" else "in-progress"
        self.extra: dict[str, str] = {}
        """Fields that go with every request, such as AnsweredBy."""
        self.requests: list[Request] = []
        self.callbacks: list[Request] = []
        self.url = ""
        """Where the present document came from; empty for one given with the call."""
        self._post = post
        self._get = get
        self._fallback = fallback
        self.strict = strict

    def address(self, given: str | None) -> str:
        """An address in the present document in its absolute form."""
        absolute = urljoin(self.url, given or "")
        if not urlsplit(absolute).netloc:
            raise BadTwiML(
                f"{given or 'No address'} cannot be followed from a document that was given with "
                "the call; write it in full."
            )
        return absolute

    def fetch(self, url: str, method: Method, form: Mapping[str, str]) -> tuple[Verb, ...]:
        """The next document. Raises ApplicationError, and BadTwiML if strict."""
        request = Request(url, {**self.ends.form(self.status), **self.extra, **form}, method)
        try:
            return self._fetch(request)
        except ApplicationError as error:
            if self._fallback is None:
                raise
            trouble = {"ErrorCode": str(error.code), "ErrorUrl": url}
            address, fallback_method = self._fallback
            return self._fetch(Request(address, {**request.form, **trouble}, fallback_method))

    def tell(self, url: str, method: Method, form: Mapping[str, str]) -> None:
        """Report something; the answer does not matter."""
        request = Request(url, {**self.ends.form(self.status), **form}, method)
        self.callbacks.append(request)
        try:
            self._send(request)
        except (NoAnswerError, ApplicationError, TimeoutError, ConnectionError):
            return

    def repeat(self) -> str:
        """Send the last request again, as a retry does; the call itself does not move."""
        if not self.requests:
            raise ApplicationError(11200, "The call has asked for nothing yet.")
        return self._send(self.requests[-1])[1]

    def _fetch(self, request: Request) -> tuple[Verb, ...]:
        self.requests.append(request)
        try:
            status, document = self._send(request)
        except NoAnswerError as error:
            raise ApplicationError(error.code, str(error)) from None
        except (TimeoutError, ConnectionError):
            raise ApplicationError(11200, "did not answer") from None
        if not 200 <= status < 300:
            raise ApplicationError(11200, f"did not answer ({status})")
        try:
            verbs = parse(document)
        except BadTwiML as error:
            if self.strict:
                raise BadTwiML(f"{error}\n{request.url} answered:\n{document}") from None
            raise ApplicationError(12200, str(error)) from None
        self.url = request.url
        return verbs

    def _send(self, request: Request) -> tuple[int, str]:
        # What follows a # is for the carrier: it is neither sent nor signed.
        url = request.url.partition("#")[0]
        if request.method == "POST":
            return self._post(url, request.form)
        if self._get is None:
            raise ApplicationError(11200, "is to be asked with GET, which puts numbers into logs")
        return self._get(with_query(url, request.form))
