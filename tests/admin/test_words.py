"""No page has a word that a translation could not reach."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask, render_template_string
from jinja2 import Environment, nodes

from admin import words

TEMPLATES = Path(words.__file__).parent / "templates" / "admin"
SPOKEN = {"alt", "aria-label", "label", "placeholder", "title"} | {
    f"data-{name}" for name in ("confirm", "last-minute", "offline", "stale")
}
NAMED = {"about", "caption", "confirm", "heading", "hint", "text"}  # words that macros show
GAP = "\x00"  # where something is put in
OWN_NAME = "Prepline"


def environment() -> Environment:
    app = Flask("words")
    words.install(app)
    app.jinja_env.add_extension("jinja2.ext.do")
    return app.jinja_env


class Reader(HTMLParser):
    """Collects the letters that a page would show or speak."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        """Text between tags."""
        self._add(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Attributes that are read out."""
        for name, value in attrs:
            if name in SPOKEN:
                self._add(value or "")
        del tag

    def _add(self, text: str) -> None:
        bare = text.replace(OWN_NAME, "")
        if re.search(r"[^\W\d_]", bare):
            self.found.append(" ".join(text.replace(GAP, " ").split()))


def untranslated(source: str) -> list[str]:
    """The words in a template's source that do not go through gettext."""
    tree = environment().parse(source)
    reader = Reader()
    reader.feed(GAP.join(node.data for node in tree.find_all(nodes.TemplateData)))
    reader.close()
    return [*reader.found, *_bare_strings(tree)]


def _bare_strings(tree: nodes.Template) -> Iterator[str]:
    """Strings that are put out or handed to a macro as words."""
    for output in tree.find_all(nodes.Output):
        for node in output.nodes:
            if isinstance(node, nodes.Const) and re.search(r"[A-Za-z]", str(node.value)):
                yield str(node.value)
    for call in tree.find_all(nodes.Call):
        given = [keyword.value for keyword in call.kwargs if keyword.key in NAMED]
        is_gettext = isinstance(call.node, nodes.Name) and "gettext" in call.node.name
        if not is_gettext and not (isinstance(call.node, nodes.Name) and call.node.name == "_"):
            given += [arg for arg in call.args if isinstance(arg, nodes.Const)]
        for value in given:
            text = value.value if isinstance(value, nodes.Const) else ""
            if isinstance(text, str) and re.match(r"[A-Z]|\w+ \w+", text):
                yield text


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.name)
def test_every_word_can_be_translated(path: Path) -> None:
    assert untranslated(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>Hello</p>", ["Hello"]),
        ("<p>{% trans %}Hello{% endtrans %}</p>", []),
        ("<p>{% trans name=x %}Hello {{ name }}{% endtrans %}, you</p>", [", you"]),
        ('<img alt="A picture">', ["A picture"]),
        ('<img alt="{{ _("A picture") }}">', []),
        ('<a href="{{ x }}" class="word">{{ y }}</a>', []),
        ('{{ "Hello" }}', ["Hello"]),
        ('{{ m.empty("Nothing here") }}', ["Nothing here"]),
        ('{{ m.empty(_("Nothing here"), text="More words") }}', ["More words"]),
        ("{% if x %}<b>Yes</b>{% endif %}", ["Yes"]),
        ("<title>{{ x }} · Prepline</title>", []),
    ],
)
def test_what_counts_as_a_word(source: str, found: list[str]) -> None:
    assert untranslated(source) == found


def test_what_is_put_into_a_sentence_is_escaped() -> None:
    app = Flask("escaping")
    words.install(app)
    with app.test_request_context():
        page = render_template_string("{% trans x=x %}a {{ x }}{% endtrans %}", x="<b>")
    assert page == "a &lt;b&gt;"


def test_a_number_gets_its_word() -> None:
    assert [words.ngettext("one", "many", count) for count in (0, 1, 2)] == ["many", "one", "many"]
