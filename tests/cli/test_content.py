"""Commands about the content: they answer without a database, a clinic or any setting."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from cli.content import mermaid
from flows.library import CONTENT, default_library
from flows.model import Kind
from tests.support.commands import flask, invoke

KEYS = ["label", "labels", "kind", "reply", "rule", "evidence"]


def asked(*words: str) -> dict[str, object]:
    result = invoke("ask", "--json", *words)
    assert (result.exit_code, result.stderr) == (0, "")
    outcome: dict[str, object] = json.loads(result.stdout)
    assert list(outcome) == KEYS
    return outcome


class TestAsk:
    def test_an_answer_has_the_promised_keys(self) -> None:
        outcome = asked("Do I need to fast before the procedure?")
        assert outcome["kind"] in set(Kind)
        labels = outcome["labels"]
        assert isinstance(labels, list)
        assert outcome["label"] == labels[0]
        assert outcome["reply"]

    @pytest.mark.parametrize("text", ["", "   ", "🙂", "qzxv wvut", "9", "x" * 5000, "\u202e?"])
    def test_anything_at_all_gets_an_answer(self, text: str) -> None:
        outcome = asked(text)
        assert outcome["kind"] in set(Kind)
        assert outcome["label"]
        assert outcome["reply"]

    def test_the_language_of_the_answer_can_be_chosen(self) -> None:
        english, spanish = asked("9")["reply"], asked("9", "--lang", "es")["reply"]
        assert english != spanish
        assert invoke("ask", "hello", "--lang", "fr").exit_code == 2

    def test_for_people_it_says_kind_label_reason_and_reply(self) -> None:
        outcome = asked("9")
        lead = f"{outcome['kind']}: {outcome['label']}\nbecause of: command:menu"
        assert invoke("ask", "9").stdout == f"{lead}\n\n{outcome['reply']}\n"

    def test_the_words_that_decided_are_told(self) -> None:
        outcome = asked("how do i get rid of my old coumadin before tuesday")
        assert outcome["rule"] == "words"
        assert "coumadin" in str(outcome["evidence"])

    def test_a_file_gives_one_line_for_each(self, tmp_path: Path) -> None:
        lines = ["9", "", "¿Qué debo llevar?", "9"]
        file = tmp_path / "texts"
        file.write_bytes("\r\n".join(lines).encode())
        result = invoke("ask", "--file", str(file))
        outcomes = [json.loads(line) for line in result.stdout.splitlines()]
        assert outcomes == [asked(line) for line in lines]
        assert invoke("ask", "--file", "-", stdin="\n".join(lines)).stdout == result.stdout
        assert invoke("ask", "--file", "-", stdin="").stdout == ""

    def test_a_line_that_is_no_text_stops_nothing(self, tmp_path: Path) -> None:
        file = tmp_path / "texts"
        file.write_bytes(b"\xff\xfe\n9\n")
        outcomes = [
            json.loads(line) for line in invoke("ask", "--file", str(file)).stdout.split("\n")[:-1]
        ]
        assert len(outcomes) == 2
        assert outcomes[1] == asked("9")

    @pytest.mark.parametrize("words", [[], ["hello", "--file", "-"]])
    def test_it_needs_either_a_text_or_a_file(self, words: list[str]) -> None:
        result = invoke("ask", *words, stdin="")
        assert result.exit_code == 2
        assert "Give either a TEXT or --file." in result.stderr

    def test_it_keeps_no_state(self) -> None:
        assert asked("9") == asked("9")


class TestFlowsGraph:
    def test_it_is_a_flowchart_of_every_node(self) -> None:
        result = invoke("flows", "graph")
        assert result.exit_code == 0
        first, *lines = result.stdout.splitlines()
        assert first == "flowchart LR"
        node = re.compile(r'    (\w+)\["([\w.]+)<br/>\w+"\]')
        edge = re.compile(r'    (\w+) (?:-->|-\.->)\|"[^"|]*"\| (\w+)')
        nodes = {found[1]: found[2] for line in lines if (found := node.fullmatch(line))}
        edges = [found.groups() for line in lines if (found := edge.fullmatch(line))]
        assert len(nodes) + len(edges) == len(lines)
        assert set(nodes.values()) == set(default_library().nodes)
        assert {end for each in edges for end in each} <= set(nodes)

    def test_every_option_of_a_menu_is_an_edge(self) -> None:
        text = "\n".join(mermaid(default_library()))
        assert re.search(r'main_menu -->\|"1 [^"]+"\| \w+', text)


class TestFlowsCheck:
    def test_mistakes_are_told_and_fail(self, tmp_path: Path) -> None:
        """A menu that leads nowhere, in a changed file that is tried out before it is used."""
        text = (CONTENT / "main.yaml").read_text(encoding="utf-8")
        broken = re.sub(r"next: [\w.]+", "next: no_such.node", text, count=1)
        assert broken != text
        (tmp_path / "main.yaml").write_text(broken, encoding="utf-8")
        result = invoke("flows", "check", "--with", str(tmp_path))
        assert result.exit_code == 1
        assert "no_such.node" in result.stderr

    def test_a_file_that_is_no_content_is_told_in_plain_words(self, tmp_path: Path) -> None:
        (tmp_path / "main.yaml").write_text("nodes: [", encoding="utf-8")
        result = invoke("flows", "check", "--with", str(tmp_path))
        assert result.exit_code == 1
        assert "main.yaml" in result.stderr


def test_as_a_program_uses_it() -> None:
    done = flask("ask", "--file", "-", stdin="9\n¿Qué debo llevar?\n")
    assert (done.returncode, done.stderr) == (0, "")
    outcomes = [json.loads(line) for line in done.stdout.splitlines()]
    assert [list(outcome) for outcome in outcomes] == [KEYS] * 2
    assert outcomes == [asked("9"), asked("¿Qué debo llevar?")]
