"""Take the pictures of the coordinators' site that the guides show; `make screenshots` calls it.

The demo's morning is lived through in a database of its own, on a fixed day, and served to a real
browser, so that the pictures change only when the pages do.
"""

from __future__ import annotations

import datetime as dt
import socket
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog
from playwright.sync_api import Page, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from app import create_app
from cli.demo_morning import make_morning, sign_in_links
from db.clinics import store_profile
from db.migrate import upgrade
from db.session import Database
from profiles import parse_profile
from settings import Settings
from tools import machine

ROOT: Final = Path(__file__).resolve().parent.parent
PICTURES: Final = ROOT / "docs" / "pictures"
NOW: Final = dt.datetime(2026, 11, 20, 15, 40, tzinfo=dt.UTC)  # Friday, 10:40 at ARA Health
LARGEST: Final = 120_000  # bytes
_WIDTH: Final = 900
_PASSWORD: Final = "pictures are taken here"  # noqa: S105 - of an account that lives for a minute


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture's name, how many pixels high it is, how to come to what it shows, and what is to
    stand at its upper edge, if not the head of the page."""

    name: str
    height: int
    come: Callable[[Page, str], None]
    top: str = ""


def _today(page: Page, base: str) -> None:
    page.goto(f"{base}/admin/?problems=y")


def _appointment(page: Page, base: str) -> None:
    page.goto(f"{base}/admin/?since=2026-11-27&until=2026-11-27")
    page.get_by_role("link", name="Norbert").click()
    page.get_by_label("Day", exact=True).fill("2026-12-03")
    page.get_by_text("planned so far are taken back").wait_for()


def _attention(page: Page, base: str) -> None:
    page.goto(f"{base}/admin/attention")


def _conversation(page: Page, base: str) -> None:
    page.goto(f"{base}/admin/attention")
    page.get_by_role("link", name="Wrote while a person was answering").first.click()
    page.get_by_role("link", name="Conversation").first.click()
    page.get_by_role("heading", name="Conversation with").wait_for()


def _numbers(page: Page, base: str) -> None:
    page.goto(f"{base}/admin/numbers")


ALL: Final = (
    Picture("today", 700, _today, top="section.day"),
    Picture("appointment", 700, _appointment, top="form .field"),
    Picture("attention", 700, _attention),
    Picture("conversation", 760, _conversation, top=".said-patient >> nth=3"),
    Picture("numbers", 700, _numbers),
)


def main() -> int:
    """Take all pictures (0); 1 if one is larger than it may be."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    PICTURES.mkdir(exist_ok=True)
    too_large = 0
    with (
        tempfile.TemporaryDirectory() as folder,
        _served(Path(folder)) as (base, link),
        _browser() as page,
    ):
        _sign_in(page, link)
        for picture in ALL:
            path = PICTURES / f"{picture.name}.png"
            page.set_viewport_size({"width": _WIDTH, "height": picture.height})
            picture.come(page, base)
            if picture.top:
                page.locator(picture.top).first.evaluate(
                    "each => { each.scrollIntoView(); scrollBy(0, -16) }"
                )
            page.screenshot(path=path, animations="disabled")
            size = path.stat().st_size
            too_large += size > LARGEST
            print(f"{path.relative_to(ROOT)}  {size:,} bytes")
    return int(too_large > 0)


@contextmanager
def _served(folder: Path) -> Iterator[tuple[str, str]]:
    """The site with the demo's morning, its address, and a link to set a coordinator's password."""
    url = f"sqlite:///{folder}/pictures.db"
    upgrade(url)
    database = Database(url)
    with database.transaction() as session:
        for file in sorted((ROOT / "clinics").glob("*.yaml")):
            store_profile(session, parse_profile(file.read_text("utf-8"), file.name), NOW)
    make_morning(database, NOW)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    settings = Settings(url, "for these pictures only", base, auth_tokens=("0" * 32,))
    app = create_app(settings, clock=lambda: NOW)
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Quiet)
    links = sign_in_links(database, base, NOW)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield base, links["coordinator@example.org"]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        app.extensions["prepline_database"].close()
        database.close()


@contextmanager
def _browser() -> Iterator[Page]:
    executable = machine.find_chromium()
    if executable is None:
        packages = " ".join(machine.CHROMIUM.packages)
        raise RuntimeError(f"Chromium not found; on Debian: apt-get install {packages}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable)
        yield browser.new_page(viewport={"width": _WIDTH, "height": 1200})
        browser.close()


def _sign_in(page: Page, link: str) -> None:
    page.goto(link)
    page.get_by_label("New password").fill(_PASSWORD)
    page.get_by_label("The same again").fill(_PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    page.get_by_label("E-mail").fill("coordinator@example.org")
    page.get_by_label("Password").fill(_PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Today").wait_for()


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug's name
        """Say nothing."""


if __name__ == "__main__":
    sys.exit(main())
