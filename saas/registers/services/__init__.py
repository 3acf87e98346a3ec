"""Keeping registers (台账): configuring them, opening, changing and moving records. Never commits."""

from saas.files.queries import register_single_files
from saas.registers.protected_files import may_open_file
from saas.registers.queries import SUBJECT, definition_of
from saas.registers.services.bulk import MAX_RECORDS, BulkAction, BulkRow, apply_bulk, preview_bulk
from saas.registers.services.configuring import (
    RegisterSettings,
    change_states,
    check_settings,
    create_register,
    edit_register,
)
from saas.registers.services.drafts import KEPT_FOR, drop_draft, drop_stale_drafts, keep_draft
from saas.registers.services.linking import LINK_ROLES, link_record, unlink_record
from saas.registers.services.records import (
    change_record,
    known_values,
    move_record,
    open_record,
    parse_record,
    set_due_day,
)
from saas.registers.services.renewing import Renewal, renew_record, renewal_of
from saas.registers.services.views import delete_view, save_view

__all__ = [
    "KEPT_FOR",
    "LINK_ROLES",
    "MAX_RECORDS",
    "SUBJECT",
    "BulkAction",
    "BulkRow",
    "RegisterSettings",
    "Renewal",
    "apply_bulk",
    "change_record",
    "change_states",
    "check_settings",
    "create_register",
    "definition_of",
    "delete_view",
    "drop_draft",
    "drop_stale_drafts",
    "edit_register",
    "keep_draft",
    "known_values",
    "link_record",
    "move_record",
    "open_record",
    "parse_record",
    "preview_bulk",
    "renew_record",
    "renewal_of",
    "save_view",
    "set_due_day",
    "unlink_record",
]

register_single_files(SUBJECT, may_open_file)
