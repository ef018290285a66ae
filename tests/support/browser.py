"""A real Chromium for page tests, which takes notice of every error a page makes."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from threading import Event
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    WebError,
    expect,
    sync_playwright,
)

from tools import machine

PATIENCE = 60_000
"""Milliseconds until a page is taken not to do what is expected of it. On a busy machine even what
a page asks every five seconds takes its time; only a test that fails waits so long."""
OWN_HOSTS = {"127.0.0.1", "localhost"}
AXE = files("axe_playwright_python") / "axe.min.js"  # used without the package's untyped wrapper


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """This machine's Chromium, for as long as the block."""
    executable = machine.find_chromium()
    if executable is None:
        packages = " ".join(machine.CHROMIUM.packages)
        raise RuntimeError(f"Chromium not found; on Debian: apt-get install {packages}")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def watched_page(browser: Browser, errors: list[str]) -> Iterator[Page]:
    """A page with cookies and storage of its own; what goes wrong in it is added to `errors`.

    That is: errors on the console (also of resources that are missing or that the content security
    policy refuses), uncaught exceptions, and requests to any host but this machine.
    """

    def console(message: ConsoleMessage) -> None:
        if message.type == "error":
            errors.append(f"console: {message.text} ({message.location.get('url')})")

    def uncaught(error: WebError) -> None:
        errors.append(f"uncaught: {error.error}")

    def request(request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in {"http", "https", "ws", "wss"} and address.hostname not in OWN_HOSTS:
            errors.append(f"request to another host: {request.url}")

    context = browser.new_context()
    context.on("console", console)
    context.on("weberror", uncaught)
    context.on("request", request)
    try:
        yield context.new_page()
    finally:
        context.close()


def follow(lead: Locator) -> None:
    """Click what leads to another page, and go on when all of that page is there."""
    with lead.page.expect_event("load"):
        lead.click()


def cut_off(page: Page, addresses: re.Pattern[str]) -> Event:
    """What makes requests to such addresses fail while it is set.

    Ask for it before the page is opened: a request at once after it may pass it by unseen.
    """
    is_cut = Event()
    page.route(addresses, lambda route: route.abort() if is_cut.is_set() else route.fallback())
    return is_cut


def axe_violations(page: Page) -> list[str]:
    """What axe finds wrong with the page's accessibility: rule, what it asks, and where."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    violations = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
    return [
        f"{found['id']} ({found['impact']}): {found['help']}: {node['html']}"
        for found in violations
        for node in found["nodes"]
    ]
