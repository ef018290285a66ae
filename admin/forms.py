"""Forms: WTForms for reading and checking; what they look like is in `macros.html`."""

from __future__ import annotations

from typing import Self

from flask import request
from wtforms import Form as WTForm
from wtforms import StringField
from wtforms.validators import DataRequired, Length


class Form(WTForm):
    """A form of the site. The token against forged requests is checked before any page runs, so
    it is no field of the form; `macros.form` writes it."""

    @classmethod
    def of_request(cls, values: object = None) -> Self:
        """The form as it was sent; before that, filled from the attributes of `values`."""
        return cls(request.form if request.method == "POST" else None, obj=values)

    def is_sent(self) -> bool:
        """Whether it was sent and everything in it is in order."""
        return request.method == "POST" and self.validate()


def text_field(label: str, missing: str, longest: int = 200) -> StringField:
    """A line of text that must be there; blanks around it are dropped."""
    return StringField(
        label,
        [DataRequired(missing), Length(max=longest)],
        filters=[lambda value: value.strip() if value else value],
    )


def row_key(text: str | None) -> int | None:
    """The key of a row that a form or an address names; `None` for what is none."""
    is_key = text is not None and text.isascii() and text.isdecimal() and len(text) < 10
    return int(text) if text is not None and is_key else None
