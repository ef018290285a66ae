"""The floors of the house hold for single-file rooms too, which import-linter cannot look into.

The floors are those of the contract in pyproject.toml. Every import statement of every file counts,
also inside functions and under TYPE_CHECKING.
"""

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
APART = {"emulator"}  # may import no room and be imported by none
SKIPPED = {"node_modules", "var"}
BESIDE = {"bench", "gunicorn.conf", "tests", "tools"}  # serve the house, live in no floor


@dataclass(frozen=True, slots=True)
class Floors:
    """On which floor each room is (0 is the top), and which rooms are shut to their neighbours."""

    floor_of: dict[str, int]
    independent: frozenset[str]

    def allow(self, importer: str, imported: str) -> bool:
        """Whether a file of room `importer` may import from room `imported`."""
        if importer == imported:
            return True
        if APART & {importer, imported}:
            return False
        here, there = self.floor_of[importer], self.floor_of[imported]
        return here < there or (here == there and importer not in self.independent)


def contract() -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    linter: dict[str, Any] = table["tool"]["importlinter"]
    return linter


def floors() -> Floors:
    layers = next(each["layers"] for each in contract()["contracts"] if each["id"] == "floors")
    rooms = {room: at for at, layer in enumerate(layers) for room in re.findall(r"\w+", layer)}
    shut = {room for layer in layers if "|" in layer for room in re.findall(r"\w+", layer)}
    return Floors(rooms, frozenset(shut))


def rooms(root: Path) -> dict[str, list[Path]]:
    """The Python files of each room: a file of the root, or a directory that holds some."""
    found = {path.stem: [path] for path in root.glob("*.py")}
    for directory in root.iterdir():
        if directory.name in SKIPPED or directory.name.startswith("."):
            continue
        if files := sorted(directory.rglob("*.py")):
            found[directory.name] = files
    return {room: files for room, files in found.items() if room not in BESIDE}


def imported_rooms(file: Path) -> Iterator[tuple[int, str]]:
    """Line and first name of each absolute import; relative ones stay within their room."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.partition(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.lineno, node.module.partition(".")[0]


def violations(root: Path) -> list[str]:
    """Each import that goes up, sideways into a shut room, or out to the tests, in words."""
    house, found = floors(), rooms(root)
    return [
        f"{file.relative_to(root)}:{line}: {room} may not import {imported}"
        for room, files in found.items()
        for file in files
        for line, imported in imported_rooms(file)
        if imported in BESIDE or (imported in found and not house.allow(room, imported))
    ]


def test_every_room_has_a_floor() -> None:
    assert set(rooms(ROOT)) <= set(floors().floor_of) | APART


def test_every_package_is_seen_by_import_linter() -> None:
    packages = {room for room, files in rooms(ROOT).items() if files != [ROOT / f"{room}.py"]}
    assert packages == set(contract()["root_packages"])


def test_the_emulator_contract_names_every_room() -> None:
    contracts = {each["id"]: each for each in contract()["contracts"]}
    assert set(contracts["emulator-apart"]["forbidden_modules"]) == set(floors().floor_of)


def test_imports_go_down() -> None:
    assert violations(ROOT) == []


@pytest.mark.parametrize(
    ("file", "statement"),
    [
        ("settings.py", "import carrier.phones"),
        ("conversation.py", "from sms import render"),
        ("conversation.py", "def later():\n    import emulator"),
        ("db/rows.py", "from carrier.phones import parse_us"),
        ("emulator/state.py", "import settings"),
        ("app.py", "from tests.support import waiting"),
    ],
)
def test_a_wrong_import_is_found(tmp_path: Path, file: str, statement: str) -> None:
    for other in ("carrier/phones.py", "sms/render.py", "emulator/twiml.py", "settings.py", file):
        path = tmp_path / other
        path.parent.mkdir(exist_ok=True)
        path.write_text("import profiles\n")
    (tmp_path / "profiles.py").touch()
    (tmp_path / "emulator" / "twiml.py").write_text("import re\n")
    (tmp_path / file).write_text(statement)
    assert len(violations(tmp_path)) == 1
    assert violations(tmp_path)[0].startswith(file)
