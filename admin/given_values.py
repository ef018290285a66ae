"""Values as WTForms reads a request's: what a form is filled with that nobody has sent."""

from __future__ import annotations


class GivenValues(dict[str, str]):
    """A form's values by the names of its fields."""

    def getlist(self, name: str) -> list[str]:
        """The value of a name, if there is one; an empty box is one that was not sent."""
        return [self[name]] if self.get(name) else []
