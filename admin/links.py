"""Links to pages that may not be there."""

from __future__ import annotations

from typing import Any

from flask import current_app, url_for


def page_link(endpoint: str, key: int) -> str:
    """The address of a row's page, whatever its one argument is called; empty without the page."""
    if endpoint not in current_app.view_functions:
        return ""
    names = [name for rule in current_app.url_map.iter_rules(endpoint) for name in rule.arguments]
    values: dict[str, Any] = dict.fromkeys(names, key)
    return url_for(endpoint, **values)
