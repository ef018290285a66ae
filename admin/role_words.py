"""Roles in words."""

from __future__ import annotations

from typing import Final

from admin.words import gettext as _
from db.staff import Role

ROLE_WORDS: Final = {Role.COORDINATOR.value: _("coordinator"), Role.MANAGER.value: _("manager")}
TO_ROLE: Final = {
    Role.COORDINATOR.value: _("Make coordinator"),
    Role.MANAGER.value: _("Make manager"),
}
