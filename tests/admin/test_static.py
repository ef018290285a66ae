"""The site's own files: unchanged since they were vendored, served from here, refused to strangers
only where they are not pages."""

from __future__ import annotations

import hashlib
import re

import pytest

from admin.pages import STATIC
from tests.support.site import TestSite

VENDOR = STATIC / "vendor"
ROW = re.compile(r"^\| `(?P<file>[^`]+)` .* `(?P<licence>[^`]+)` \| `(?P<sha256>[0-9a-f]{64})` \|$")


def vendored() -> list[re.Match[str]]:
    lines = (VENDOR / "README.md").read_text(encoding="utf-8").splitlines()
    return [match for line in lines if (match := ROW.match(line))]


def test_vendored_files_are_what_was_published() -> None:
    for row in vendored():
        digest = hashlib.sha256((VENDOR / row["file"]).read_bytes()).hexdigest()
        assert digest == row["sha256"], row["file"]
        assert "Copyright" in (VENDOR / row["licence"]).read_text() or row["file"] == "htmx.min.js"


def test_every_vendored_file_is_listed() -> None:
    named = {row["file"] for row in vendored()} | {row["licence"] for row in vendored()}
    assert named == {path.name for path in VENDOR.iterdir()} - {"README.md"}


def test_strangers_get_style_and_script_and_may_keep_them(lite_site: TestSite) -> None:
    page = lite_site.stranger().get("/admin/sign-in").text
    addresses = re.findall(r'(?:href|src)="(/admin/static/[^"]+)"', page)
    assert len(addresses) == 4
    for address in addresses:
        answer = lite_site.stranger().get(address)
        assert answer.status_code == 200
        assert "max-age=31536000" in answer.headers["Cache-Control"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        answer.close()


@pytest.mark.parametrize("name", ["vendor/README.md", "nothing.css", "../site.py", "..%2fsite.py"])
def test_nothing_else_is_served(lite_site: TestSite, name: str) -> None:
    answer = lite_site.stranger().get(f"/admin/static/{name}")
    assert answer.status_code in {303, 404}
    assert b"import" not in answer.data
