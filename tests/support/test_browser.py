"""Page tests see what a page does wrong."""

from playwright.sync_api import Page

from tests.support.browser import axe_violations

GOOD = (
    "<!doctype html><html lang='en'><title>Good</title><main><h1>Good</h1><p>Text</p></main></html>"
)


def test_a_good_page_is_shown_without_findings(page: Page) -> None:
    page.set_content(GOOD)
    assert page.get_by_role("heading").inner_text() == "Good"
    assert axe_violations(page) == []


def test_accessibility_violations_are_named(page: Page) -> None:
    page.set_content("<html><button></button></html>")
    found = "\n".join(axe_violations(page))
    assert "button-name" in found
    assert "html-has-lang" in found


def test_errors_of_a_page_are_noticed(page: Page, page_errors: list[str]) -> None:
    with page.expect_event("requestfailed"):
        page.set_content(
            GOOD + "<script>console.error('one')</script><script>throw Error('two')</script>"
            "<img alt='' src='http://localhost:1/own.png'><img alt='' src='http://127.0.0.2:1/x'>",
        )
    errors = "\n".join(page_errors)
    assert "console: one" in errors
    assert "uncaught: " in errors
    assert "request to another host: http://127.0.0.2:1/x" in errors
    assert "another host: http://localhost" not in errors
    page_errors.clear()
