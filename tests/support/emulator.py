"""The stand-in carrier for tests, and a tiny app on a real socket for it to talk to.

A test room takes the fixtures into its conftest: `from tests.support.emulator import carrier`.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

import pytest
from flask import Flask, Response, request
from flask.testing import FlaskClient
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from emulator import Emulator
from emulator.voice_wire import Poster

CLINIC = "+18285550110"
OTHER_CLINIC = "+15155550120"
PHONE = "+18285550142"
OTHER_PHONE = "+18285550143"


@pytest.fixture
def app() -> Iterator["FakeApp"]:
    """An app on a free port that answers texts with no message; set its `answer` for others."""
    with FakeApp() as running:
        yield running


@pytest.fixture
def carrier() -> Iterator[Emulator]:
    """A carrier on a free port with one clinic number; set its `app_url` once the app is up."""
    with Emulator(numbers={CLINIC: "ARA Health"}) as running:
        yield running


def client_for(carrier: Emulator, *, seconds: float = 60) -> Client:
    """The real Twilio library, pointed at the carrier, with a timeout for each request."""
    http_client = TwilioHttpClient(timeout=seconds)
    http_client.session.trust_env = False
    login = (carrier.options.account_sid, carrier.options.auth_tokens[0])
    client = Client(*login, http_client=http_client)
    client.api.base_url = carrier.url
    return client


def flask_poster(client: FlaskClient, token: str) -> Poster:
    """Signs forms as Twilio does and posts them to an app in this process, for `voice_phone.Phone`.

    The signature is for the address as it stands; give Phone the app's PUBLIC_BASE_URL.
    """
    validator = RequestValidator(token)

    def post(url: str, form: Mapping[str, str]) -> tuple[int, str]:
        parts = urlsplit(url)
        answer = client.post(
            parts.path + (f"?{parts.query}" if parts.query else ""),
            base_url=f"{parts.scheme}://{parts.netloc}",
            data=dict(form),
            headers={"X-Twilio-Signature": validator.compute_signature(url, dict(form))},
        )
        return answer.status_code, answer.get_data(as_text=True)

    return post


@dataclass(frozen=True, slots=True)
class Post:
    """One post of the carrier's to the app, as it arrived."""

    path: str
    url: str
    form: dict[str, str]
    headers: dict[str, str]
    method: str = "POST"

    def is_signed_by(self, token: str) -> bool:
        """Whether Twilio's own library accepts the signature."""
        signature = self.headers.get("X-Twilio-Signature", "")
        signed = self.form if self.method == "POST" else {}
        return bool(RequestValidator(token).validate(self.url, signed, signature))


Answer = Callable[[dict[str, str]], Response]


def messages(*bodies: str) -> Response:
    """A TwiML answer with one message for each text."""
    inner = "".join(f"<Message><Body>{escape(body)}</Body></Message>" for body in bodies)
    return Response(f"<Response>{inner}</Response>", content_type="text/xml")


@dataclass(slots=True)
class FakeApp:
    """An app that records what the carrier posts.

    It answers texts with `answer` and requests about calls, other than reports, with `speak`.
    """

    answer: Answer = field(default=lambda _form: messages())
    speak: Callable[["Post"], Response | str] = field(default=lambda _post: "<Response/>")
    posts: list[Post] = field(default_factory=list)
    url: str = ""
    _server: BaseWSGIServer | None = None

    def __enter__(self) -> Self:
        """Listen on a free port."""
        app = Flask("fake-app")
        app.add_url_rule("/<path:path>", view_func=self._take, methods=["GET", "POST"])
        server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
        self._server = server
        self.url = f"http://127.0.0.1:{server.port}"
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop listening."""
        if self._server:
            self._server.shutdown()

    def texts(self) -> list[Post]:
        """Posts of inbound texts."""
        return [post for post in self.posts if post.path == "/sms/inbound"]

    def statuses(self) -> list[str]:
        """The statuses that callbacks told of, in the order of their arrival."""
        return [post.form["MessageStatus"] for post in self.posts if post not in self.texts()]

    def _take(self, path: str) -> Response:
        query = request.query_string.decode("latin-1")
        post = Post(
            path=f"/{path}",
            url=f"{self.url}/{path}" + (f"?{query}" if query else ""),
            form=request.values.to_dict() if request.method == "GET" else request.form.to_dict(),
            headers=dict(request.headers),
            method=request.method,
        )
        self.posts.append(post)
        if post.path == "/sms/inbound":
            return self.answer(post.form)
        if "CallSid" in post.form and "CallbackSource" not in post.form:
            spoken = self.speak(post)
            if isinstance(spoken, Response):
                return spoken
            return Response(spoken, content_type="text/xml")
        return Response(status=204)


class _Quiet(WSGIRequestHandler):
    def log(self, *_args: object, **_values: object) -> None:
        """Say nothing."""
