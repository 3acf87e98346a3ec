"""The ways of records that a register may be set up with (办理过程): checked by another, confirmed twice, kept."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from saas.domain.records import ORDINARY, Move, State, StateKind, States, Who

_OPEN = ORDINARY.initial
_ALL = (Who.KEEPER, Who.RESPONSIBLE, Who.SUPERIOR)
CHECKED = States(
    (_OPEN, State("checking", "待核实", StateKind.ACTIVE), State("closed", "已销号", StateKind.CLOSED)),
    (
        Move("open", "checking", "提请核实"),
        Move("checking", "closed", "核实销号", (Who.SUPERIOR,), by_another=True),
        Move("checking", "open", "退回整改", (Who.SUPERIOR,), has_note=True),
        Move("closed", "open", "重新办理", (Who.SUPERIOR,), has_note=True),
    ),
)
CONFIRMED = States(
    (
        State("suspected", "疑似", StateKind.OPEN),
        State("rechecked", "已复核一次", StateKind.ACTIVE),
        State("confirmed", "已确认", StateKind.CLOSED),
        State("excluded", "已排除", StateKind.CLOSED),
    ),
    (
        Move("suspected", "rechecked", "第一次复核属实", _ALL, by_another=True),
        Move("rechecked", "confirmed", "第二次复核属实", _ALL, by_another=True),
        Move("suspected", "excluded", "排除", _ALL, has_note=True),
        Move("rechecked", "excluded", "排除", _ALL, has_note=True),
        Move("excluded", "suspected", "重新列为疑似", _ALL, has_note=True),
    ),
)
KEPT = States(
    (State("kept", "在册", StateKind.OPEN), State("removed", "已移出", StateKind.CLOSED)),
    (
        Move("kept", "removed", "移出台账", has_note=True),
        Move("removed", "kept", "恢复在册", has_note=True),
    ),
)
PRESETS: Mapping[str, States] = MappingProxyType(
    {"ordinary": ORDINARY, "checked": CHECKED, "confirmed": CONFIRMED, "kept": KEPT}
)
