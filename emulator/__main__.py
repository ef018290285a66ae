"""`python -m emulator`: run the carrier until Ctrl-C or SIGTERM.

Keyword filtering is off unless asked for, so that the app's own STOP confirmation reaches the
phone; Twilio's usual setting answers STOP by itself and drops what the app says to it.
"""

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from typing import Final

from emulator.options import OptionsError, from_environment
from emulator.server import Emulator

_LISTEN_SECONDS: Final = 0.1


def _labelled(text: str) -> tuple[str, str]:
    number, _, label = text.partition("=")
    return number.strip(), label.strip()


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m emulator",
        description="A local stand-in for Twilio, with a phone in the browser.",
        epilog="TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN (the first of several signs) and "
        "TWILIO_MESSAGING_SERVICE_SID are read from the environment, as the app reads them.",
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    add("--port", type=int, default=8001, help="port to listen on (default: 8001)")
    add("--app-url", default="http://127.0.0.1:8000", help="where the app listens")
    add("--public-url", default="", help="the app's PUBLIC_BASE_URL, if it differs from --app-url")
    add(
        "--number",
        type=_labelled,
        action="append",
        default=[],
        metavar="NUMBER[=LABEL]",
        help="a number of the clinic's; repeatable",
    )
    add(
        "--phone",
        type=_labelled,
        action="append",
        default=[],
        metavar="NUMBER[=LABEL]",
        help="a patient's phone on the page; repeatable",
    )
    add("--strict-numbers", action="store_true", help="refuse senders that are not listed")
    add(
        "--keyword-filtering",
        action="store_true",
        help="act on STOP and START like Twilio's default (off: the app sees to it)",
    )
    add("--voice-fallback-url", default="", help="asked when the app does not answer a call")
    add("--text-fallback-url", default="", help="asked when the app does not answer a text")
    add(
        "--pickup",
        choices=("ring", "human", "machine", "busy", "no-answer", "failed"),
        default="ring",
        help="how phones meet the app's calls (default: they ring on the page, once it is open, "
        "until somebody answers there)",
    )
    add("--pace", type=float, default=0.3, help="seconds between two statuses (default: 0.3)")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until a signal comes. Exit code 0, or 2 when an option cannot work."""
    given = build_parser().parse_args(arguments)
    values = from_environment()
    for name in ("host", "port", "app_url", "public_url", "strict_numbers", "keyword_filtering"):
        values[name] = getattr(given, name)
    values["voice_fallback_url"] = given.voice_fallback_url
    values["text_fallback_url"] = given.text_fallback_url
    values["pace"], values["pickup"] = given.pace, given.pickup
    values["rings_on_page"] = True
    values["numbers"], values["phones"] = dict(given.number), dict(given.phone)
    try:
        carrier = Emulator(**values)
    except OptionsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    told: list[int] = []
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, lambda number, _frame: told.append(number))
    with carrier:
        sys.stdout.write(f"Phone: {carrier.url}/  Texts and calls go to {carrier.app_url}\n")
        sys.stdout.flush()
        while not told:  # looked at, for a signal that another thread takes wakes nobody here
            time.sleep(_LISTEN_SECONDS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
