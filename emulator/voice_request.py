"""A request to place a call, checked with Twilio's codes."""

from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from emulator.errors import CarrierError
from emulator.model import E164, US_NUMBER
from emulator.validation import MAGIC_FROM_OK, Account, is_usable
from emulator.voice_twiml import BadTwiML, parse
from emulator.voice_verbs import Method, Verb

LONGEST_TWIML = 4000
USUAL_TIMEOUT = 60
LONGEST_CALL = 14_400

MAGIC_TO = {
    "+15005550001": 21217,
    "+15005550002": 21214,
    "+15005550003": 21215,
    "+15005550004": 21216,
}
"""Numbers of Twilio's test credentials, each with the error that it stands for."""

EVENTS = ("initiated", "ringing", "answered", "completed")
PEOPLE_AND_MACHINES = {
    "Enable": frozenset({"human", "machine_start", "fax", "unknown"}),
    "DetectMessageEnd": frozenset(
        {
            "human",
            "machine_end_beep",
            "machine_end_silence",
            "machine_end_other",
            "fax",
            "unknown",
        }
    ),
}
"""What each way of detection can find."""

_KNOWN = frozenset(
    """To From Url Twiml Method FallbackUrl FallbackMethod StatusCallback StatusCallbackEvent
    StatusCallbackMethod Timeout TimeLimit SendDigits Record MachineDetection
    MachineDetectionTimeout MachineDetectionSpeechThreshold MachineDetectionSpeechEndThreshold
    MachineDetectionSilenceTimeout AsyncAmd AsyncAmdStatusCallback AsyncAmdStatusCallbackMethod
    RecordingChannels RecordingStatusCallback RecordingStatusCallbackMethod
    RecordingStatusCallbackEvent RecordingTrack Trim CallerId CallReason CallToken""".split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRequest:
    """A call that is to be placed. Timeouts are in seconds.

    `document` is what was given with the call; otherwise `url` is asked. `machine_detection` is
    Enable, DetectMessageEnd or empty. `status_events` are the events that are reported.
    """

    to: str
    from_: str
    url: str = ""
    method: Method = "POST"
    document: tuple[Verb, ...] | None = None
    fallback: tuple[str, Method] | None = None
    status_callback: str | None = None
    status_callback_method: Method = "POST"
    status_events: frozenset[str] = frozenset({"completed"})
    timeout: int = USUAL_TIMEOUT
    time_limit: int = LONGEST_CALL
    machine_detection: str = ""
    machine_detection_timeout: int = 30
    async_amd: bool = False
    async_amd_callback: tuple[str, Method] | None = None
    send_digits: str = ""
    record: bool = False


def answered_by(request: CallRequest, by: str) -> str:
    """What the app is told about who answered; nothing if it did not ask.

    `by` is human, machine, fax or unknown, or one of Twilio's own words. Raises ValueError for a
    word that the way of detection asked for does not have.
    """
    words = PEOPLE_AND_MACHINES.get(request.machine_detection)
    if words is None or request.send_digits:
        return ""
    if by == "machine":
        return "machine_start" if request.machine_detection == "Enable" else "machine_end_beep"
    if by not in words:
        raise ValueError(f"{request.machine_detection} never finds {by!r}.")
    return by


def read_call(form: MultiDict[str, str], account: Account) -> CallRequest:
    """Check a form and read it. Raises CarrierError with Twilio's code for the first fault."""
    for name in form:
        if name not in _KNOWN:
            raise CarrierError(20001, text=f"{name[:40]} is not a parameter of a call.")
    to, from_ = _to(form), _from(form, account)
    url, document = _content(form)
    fallback = _url(form, "FallbackUrl", 21205)
    callback = _url(form, "StatusCallback", 21209)
    amd_callback = _url(form, "AsyncAmdStatusCallback", 21209)
    amd_method = read_method(form, "AsyncAmdStatusCallbackMethod")
    return CallRequest(
        to=to,
        from_=from_,
        url=url,
        method=read_method(form, "Method"),
        document=document,
        fallback=(fallback, read_method(form, "FallbackMethod")) if fallback else None,
        status_callback=callback,
        status_callback_method=read_method(form, "StatusCallbackMethod"),
        status_events=_events(form),
        timeout=_number(form, "Timeout", USUAL_TIMEOUT, 0, 600),
        time_limit=_number(form, "TimeLimit", LONGEST_CALL, 1, 86_400),
        machine_detection=_choice(form, "MachineDetection", ("", *PEOPLE_AND_MACHINES)),
        machine_detection_timeout=_number(form, "MachineDetectionTimeout", 30, 3, 59),
        async_amd=_choice(form, "AsyncAmd", ("false", "true")).lower() == "true",
        async_amd_callback=(amd_callback, amd_method) if amd_callback else None,
        send_digits=_digits(form),
        record=_choice(form, "Record", ("false", "true", "False", "True")).lower() == "true",
    )


def _to(form: MultiDict[str, str]) -> str:
    to = form.get("To", "").strip()
    if not to:
        raise CarrierError(21201)
    if code := MAGIC_TO.get(to):
        raise CarrierError(code)
    if not E164.fullmatch(to):
        raise CarrierError(21211)
    if to.startswith("+1") and not US_NUMBER.fullmatch(to):
        raise CarrierError(13224)
    return to


def _from(form: MultiDict[str, str], account: Account) -> str:
    from_ = form.get("From", "").strip()
    if not from_:
        raise CarrierError(21213)
    if from_ == "+15005550001" or not E164.fullmatch(from_):
        raise CarrierError(21212)
    if from_ != MAGIC_FROM_OK and not account.owns(from_):
        raise CarrierError(21210)
    return from_


def _content(form: MultiDict[str, str]) -> tuple[str, tuple[Verb, ...] | None]:
    twiml = form.get("Twiml", "")
    if twiml:
        return "", read_document(twiml)
    url = form.get("Url", "").strip()
    if not is_usable(url):
        raise CarrierError(21205)
    return url, None


def read_document(twiml: str) -> tuple[Verb, ...]:
    """A document that comes with a request. Raises CarrierError."""
    if len(twiml) > LONGEST_TWIML:
        raise CarrierError(20001, text=f"Twiml is longer than {LONGEST_TWIML} characters.")
    try:
        return parse(twiml)
    except BadTwiML as error:
        raise CarrierError(12100, text=f"Twiml cannot be carried out: {error}") from None


def _url(form: MultiDict[str, str], name: str, code: int) -> str | None:
    url = form.get(name, "").strip()
    if url and not is_usable(url):
        raise CarrierError(code)
    return url or None


def read_method(form: MultiDict[str, str], name: str) -> Method:
    """GET or POST; POST if nothing is said. Raises CarrierError."""
    given = form.get(name, "POST").upper()
    if given == "POST":
        return "POST"
    if given == "GET":
        return "GET"
    raise CarrierError(20001, text=f"{name} must be GET or POST.")


def _events(form: MultiDict[str, str]) -> frozenset[str]:
    given = frozenset(
        word for value in form.getlist("StatusCallbackEvent") for word in value.split()
    )
    if given - set(EVENTS):
        raise CarrierError(21626)
    return given or frozenset({"completed"})


def _number(form: MultiDict[str, str], name: str, default: int, least: int, most: int) -> int:
    given = form.get(name)
    if given is None:
        return default
    if not given.isdecimal() or not least <= int(given) <= most:
        raise CarrierError(20001, text=f"{name} must be whole seconds from {least} to {most}.")
    return int(given)


def _choice(form: MultiDict[str, str], name: str, allowed: tuple[str, ...]) -> str:
    given = form.get(name, allowed[0])
    if given not in allowed:
        raise CarrierError(20001, text=f"{name} must be one of {', '.join(filter(None, allowed))}.")
    return given


def _digits(form: MultiDict[str, str]) -> str:
    digits = form.get("SendDigits", "")
    if not set(digits) <= set("0123456789*#wW"):
        raise CarrierError(21207)
    return digits
