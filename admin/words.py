"""Every sentence of the site goes through here, so that a translation is one catalogue away.

There is no catalogue yet: the words stand as they are written.
"""

from __future__ import annotations

from gettext import NullTranslations
from typing import Final

from flask import Flask

_WORDS: Final = NullTranslations()
gettext = _WORDS.gettext
ngettext = _WORDS.ngettext


def install(app: Flask) -> None:
    """Let templates say `{% trans %}` and `_()`; both escape what is put into a sentence."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    install_callables = getattr(app.jinja_env, "install_gettext_callables")  # noqa: B009 - added by the extension
    install_callables(gettext, ngettext, newstyle=True)
    app.jinja_env.policies["ext.i18n.trimmed"] = True
