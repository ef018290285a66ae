"""The walk finds what keeps somebody without a mouse from using a page."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.support.site_walk import keyboard_problems

STYLE = "<style>:focus-visible { outline: 3px solid }</style>"
SKIP = '<a class="skip" href="#main">Skip</a>'


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (f"{SKIP}<button>One</button><input type='date'><select><option>1</select>", ""),
        (f"<button>One</button>{SKIP}", "the first control is not the link"),
        (f"{SKIP}<button tabindex='-1'>Two</button>", "not reached by keyboard: <button"),
        (f"{SKIP}<button style='outline: none'>Three</button>", "one does not see"),
        (f"{SKIP}<button style='position: fixed; left: -9999px'>Four</button>", "not on screen"),
    ],
)
def test_what_is_wrong_is_named(page: Page, body: str, problem: str) -> None:
    page.goto(f"data:text/html,{STYLE.replace('#', '%23')}{body.replace('#', '%23')}")
    found = keyboard_problems(page)
    assert len(found) == (problem != ""), found
    assert problem in "".join(found)
