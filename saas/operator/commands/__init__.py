"""`flask operators …` and `flask tenants …`: operating the deployment from the command line."""

from __future__ import annotations

from saas.operator.commands import archives, counties, people
from saas.operator.commands.base import operators_group, tenants

COMMANDS = (operators_group, tenants)

__all__ = ["COMMANDS", "archives", "counties", "people"]
