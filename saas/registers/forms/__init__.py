"""WTForms of registers, and the rows of their states. Input only."""

from __future__ import annotations

from saas.registers.forms.configuring import RegisterForm, settings_of
from saas.registers.forms.states import MoveRow, StateRow, StatesPage, page_of, read_page

__all__ = ["MoveRow", "RegisterForm", "StateRow", "StatesPage", "page_of", "read_page", "settings_of"]
