"""Loading the content: its short forms, scalars that YAML would misread, and mistakes of form."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.commands import Command
from flows.library import (
    CONTENT,
    REMINDER_REPLY,
    START,
    ContentError,
    Library,
    default_library,
    load_library,
    wording_hash,
)
from flows.nodes import Answer, Menu, Wording
from flows.text import words

FLOW = """
flow: extra
nodes:
  menu:
    kind: menu
    text: {en: Which one., es: Cuál de ellas.}
    options:
      - id: first
        key: 1
        label: {en: LABEL, es: Etiqueta}
        aliases: {en: [ALIAS], es: []}
        next: extra.answer
  answer:
    kind: answer
    topic: extra
    from_profile: true
    text: {en: Yes., es: Sí.}
"""


def load(folder: Path, **files: str) -> Library:
    """The library of a folder with just these files."""
    for name, content in files.items():
        (folder / f"{name}.yaml").write_text(content, encoding="utf-8")
    return load_library(folder)


def problems_of(folder: Path, **files: str) -> list[str]:
    with pytest.raises(ContentError) as caught:
        load(folder, **files)
    assert str(caught.value) == "\n".join(caught.value.problems)
    return caught.value.problems


@pytest.mark.parametrize(
    "scalar", ["yes", "no", "on", "off", "true", "10:30", "08:30", "01", "1e3", "2026-11-25", "0x1"]
)
def test_scalar_stays_as_it_is_written(scalar: str, tmp_path: Path) -> None:
    library = load(tmp_path, extra=FLOW.replace("LABEL", scalar).replace("ALIAS", scalar))
    menu = library.nodes["extra.menu"]
    assert isinstance(menu, Menu)
    (option,) = menu.options
    assert option.label["en"] == scalar
    assert option.aliases["en"] == [scalar]
    assert option.key == "1"
    assert option.next == "extra.answer"
    assert library.menus["extra.menu"].exact(words(scalar)) == ("extra.answer",)


def test_scalars_that_are_no_text_are_typed_by_their_field(tmp_path: Path) -> None:
    answer = load(tmp_path, extra=FLOW).nodes["extra.answer"]
    assert isinstance(answer, Answer)
    assert answer.from_profile is True


@pytest.mark.parametrize(
    ("written", "sms", "voice"),
    [
        ("Both.", "Both.", "Both."),
        ("{text: Both., of: abc}", "Both.", "Both."),
        ("{sms: Text., of: abc}", "Text.", "Text."),
        ("{sms: Text., voice: Call.}", "Text.", "Call."),
        ("{text: Both., voice: Call.}", "Both.", "Call."),
    ],
)
def test_short_forms_of_a_wording(written: str, sms: str, voice: str, tmp_path: Path) -> None:
    library = load(tmp_path, extra=FLOW.replace("{en: Yes., es: Sí.}", f"{{en: {written}}}"))
    answer = library.nodes["extra.answer"]
    assert isinstance(answer, Answer)
    assert (answer.text["en"].sms, answer.text["en"].voice) == (sms, voice)
    assert answer.text["en"].of == ("abc" if "abc" in written else "")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("flow: extra\nnodes: {", "in line 2, column 9: nodes: {"),
        ("flow: extra\n\tnodes: {}", "cannot start any token"),
        ("flow: extra\nflow: extra\nnodes: {}", "the key 'flow' is written twice"),
        ("", "Expected `object`, got `null`"),
        ("- a\n- b\n", "Expected `object`, got `array`"),
        ("nodes: {}", "missing required field `flow`"),
        ("flow: extra", "missing required field `nodes`"),
        ("flow: other\nnodes: {}", "calls itself 'other', the file 'extra'"),
        (FLOW.replace("kind: menu", "kind: poll"), "Invalid value 'poll' - at `$.nodes.menu.kind`"),
        (FLOW.replace("    kind: answer\n", ""), "missing required field `kind`"),
        (FLOW.replace("label:", "name:"), "unknown field `name` - at `$.nodes.menu.options[0]`"),
        (FLOW.replace("topic: extra", "topics: extra"), "unknown field `topics` - at `$.nodes.a"),
        (FLOW.replace("[ALIAS]", "ALIAS"), "Expected `array`, got `str`"),
        (FLOW.replace("from_profile: true", "from_profile: maybe"), "Expected `bool`"),
        (FLOW.replace("{en: Yes., es: Sí.}", "Yes."), "Expected `object`, got `str`"),
        (FLOW.replace("en: Yes.", "en: {voice: Yes.}"), "missing required field `sms`"),
        (FLOW.replace("LABEL", "null"), "Expected `str`, got `null`"),
        (FLOW.replace("from_profile: true", "do: fly"), "unknown field `do`"),
        ("messages: {x: {en: Hi}}", "at `$.messages.x`"),
        ("commands: {fly: {en: [fly]}}", "Invalid enum value 'fly'"),
        ("commands: {menu: {en: menu}}", "Expected `array`, got `str`"),
    ],
)
def test_mistake_of_form_is_named(content: str, what: str, tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, extra=content)
    assert problem.startswith("extra.yaml: ")
    assert what in problem
    assert "\n" not in problem


def test_file_in_another_encoding_is_named(tmp_path: Path) -> None:
    (tmp_path / "extra.yaml").write_bytes(FLOW.encode("utf-16"))
    with pytest.raises(ContentError, match=r"extra\.yaml: .*utf-8"):
        load_library(tmp_path)


def test_every_file_with_a_mistake_is_named(tmp_path: Path) -> None:
    problems = problems_of(tmp_path, one="flow: 1", two=FLOW, extra=FLOW, three="a: {")
    assert [problem.split(":")[0] for problem in problems] == ["one.yaml", "three.yaml", "two.yaml"]


def test_changed_file_takes_the_place_of_its_namesake(tmp_path: Path) -> None:
    (tmp_path / "changes").mkdir()
    (tmp_path / "content").mkdir()
    load(tmp_path / "content", extra=FLOW, other=FLOW.replace("extra", "other"))
    (tmp_path / "changes" / "extra.yaml").write_text(FLOW.replace("LABEL", "Changed"), "utf-8")
    library = load_library(tmp_path / "content", tmp_path / "changes")
    assert library.menus["extra.menu"].exact(["changed"])
    assert library.menus["other.menu"].exact(["label"])


def test_hash_follows_every_english_wording() -> None:
    texts = {"en": Wording("Hi.", "Hello."), "es": Wording("Hola.", "Hola.")}
    first = wording_hash(texts)
    assert wording_hash(texts | {"es": Wording("Qué tal.", "Hola.")}) == first
    assert wording_hash(texts | {"en": Wording("Hi!", "Hello.")}) != first
    assert wording_hash(texts | {"en": Wording("Hi.", "Hello!")}) != first


def test_library_knows_words_of_both_languages() -> None:
    library = default_library()
    assert library.everywhere.inside(["aspirina"]) == library.everywhere.inside(["aspirin"])
    assert library.menus["prep.menu"].exact(["ayuno"]) == ("prep.fasting",)
    assert library.commands["atras"] is Command.BACK
    assert library.commands["main menu"] is Command.MENU


def test_a_switch_has_the_topic_of_what_it_leads_to() -> None:
    assert default_library().topics["recovery.stay"] == "recovery.stay"
    assert default_library().topics["diagnosis.how_found"] == "diagnosis"


def test_only_coming_may_be_said_without_being_asked() -> None:
    """ "I cannot come" out of the blue is a wish to change the visit, not an answer."""
    library = default_library()
    assert library.menus[REMINDER_REPLY].exact(["confirmo"]) == ("reminder.confirmed",)
    assert library.everywhere.exact(["confirmo"]) == ("reminder.confirmed",)
    assert library.menus[REMINDER_REPLY].exact(["no", "ire"]) == ("reminder.cannot_come",)
    assert library.everywhere.exact(["no", "ire"]) == ()


def test_stored_names_of_nodes_find_what_stands_today() -> None:
    library = default_library()
    assert library.current("prep.menu") == "prep.menu"
    assert library.current("prep.gone") == START
    assert library.current_menu("prep.menu") == "prep.menu"
    assert library.current_menu("prep.fasting") == START


def test_default_library_is_loaded_once() -> None:
    assert default_library() is default_library()
    assert default_library().nodes.keys() == load_library(CONTENT).nodes.keys()
