"""YAML as people write it: every scalar stays text, and no key is silently lost."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import yaml

_Loader: TypeAlias = yaml.SafeLoader | yaml.CSafeLoader


def _no_duplicates(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    """Build a mapping, refusing a key that is written twice: one of the two would be lost."""
    seen: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        where = key_node.start_mark
        if not isinstance(key, str):
            message = "before a ':' stands something other than a name"
            raise yaml.constructor.ConstructorError(None, None, message, where)
        if key in seen:
            message = f"the key '{key}' is written twice"
            raise yaml.constructor.ConstructorError(None, None, message, where)
        seen[key] = loader.construct_object(value_node, deep=True)
    return seen


def _of_strings(base: type[_Loader]) -> type[_Loader]:
    """A loader of every scalar as text: YAML would read `yes` as true and `10:30` as a number."""
    loader: type[_Loader] = type("Strings", (base,), {})
    loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag == "tag:yaml.org,2002:null"]
        for first, resolvers in base.yaml_implicit_resolvers.items()
    }
    loader.add_constructor("tag:yaml.org,2002:map", _no_duplicates)
    return loader


_CLEAR: Final = _of_strings(yaml.SafeLoader)
_QUICK: Final = _of_strings(yaml.CSafeLoader) if yaml.__with_libyaml__ else _CLEAR


def load_yaml(text: str) -> object:
    """Parse YAML with every scalar kept as text. Raises `yaml.YAMLError` with line and column."""
    try:
        return _read(text, _QUICK)
    except yaml.YAMLError:  # the other loader says better, and everywhere in the same words, why
        return _read(text, _CLEAR)


def _read(text: str, kind: type[_Loader]) -> object:
    loader = kind(text)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


def one_line(error: yaml.YAMLError) -> str:
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return " ".join(str(error).split())
    began = error.context_mark
    context = f", {error.context} that begins in line {began.line + 1}" if began else ""
    return f"line {error.problem_mark.line + 1}: {error.problem}{context}"
