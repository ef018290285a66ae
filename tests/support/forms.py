"""A form of a page as a browser would send it."""

from __future__ import annotations

from html.parser import HTMLParser


def form_values(page: str, form_id: str) -> dict[str, str]:
    """The values of the form with this id, without its token and its buttons."""
    reader = _Reader(form_id)
    reader.feed(page.replace("\r\n", "\n"))
    assert reader.is_found, f"the page has no form {form_id}"
    reader.values.pop("csrf_token", None)
    return reader.values


class _Reader(HTMLParser):
    def __init__(self, form_id: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.is_found = False
        self._wanted, self._inside = form_id, False
        self._select, self._area = "", ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = of.get("id") == self._wanted
            self.is_found |= self._inside
        elif not self._inside:
            return
        elif tag == "input" and (of.get("type") != "checkbox" or "checked" in of):
            self.values[of["name"]] = of.get("value", "")
        elif tag == "select":
            self._select = of["name"]
        elif tag == "option" and ("selected" in of or self._select not in self.values):
            self.values[self._select] = of.get("value", "")
        elif tag == "textarea":
            self._area = of["name"]
            self.values[self._area] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._inside and self._area:
            self.values[self._area] = (self.values[self._area] + data).removeprefix("\n")
