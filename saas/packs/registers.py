"""Planning the registers (台账) of a pack: what is new and what is worded otherwise. Only reads."""

from __future__ import annotations

from typing import Any

from saas.domain.canonical_json import plain
from saas.domain.cohorts import cohort_to_mapping
from saas.domain.record_access import access_to_mapping
from saas.domain.records import states_to_mapping
from saas.domain.register_layout import register_layout_to_mapping
from saas.packs.county import Desk
from saas.registers.models import Register
from saas.tenancy.pack_registers import PackRegister


def plan_registers(desk: Desk) -> None:
    """Put down the registers. One that has another form in the county already keeps it: its records stand in it."""
    stored = desk.county.by(Register, "code")
    for entry in desk.pack.configuration.registers:
        known, label = stored.get(entry.table.code), f"{entry.table.name}（{entry.table.code}）"
        values = _values(desk, entry)
        if known is not None and known["form_id"] != values["form_id"]:
            desk.ledger.conflict(Register, label, "本县已有同代码的台账，用的是另一张表单")
            continue
        desk.ledger.put(Register, known, label, values)


def _values(desk: Desk, entry: PackRegister) -> dict[str, Any]:
    table = entry.table
    return {
        "code": table.code,
        "name": table.name,
        "description": table.description,
        "form_id": desk.forms[table.form],
        "owner_unit_id": desk.unit_id(table.owner_unit) if table.owner_unit else None,
        "cohort": plain(cohort_to_mapping(entry.cohort)),
        "states": plain(states_to_mapping(entry.states)),
        "purpose": table.purpose,
        "access": plain(access_to_mapping(entry.access)),
        "layout": plain(register_layout_to_mapping(entry.layout)),
    }
