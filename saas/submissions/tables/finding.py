"""Whose a row is: by the unit's code, or by a name that only one of them has."""

from __future__ import annotations

from collections import Counter

from saas.domain.errors import Message, message
from saas.spreadsheets.columns import half_width
from saas.spreadsheets.tables import TableRow
from saas.submissions.tables.layout import ABOVE, UNIT_CODE, UNIT_NAME
from saas.submissions.tables.scope import TableScope, TableUnit


class UnitFinder:
    """The units of a table by code and by name."""

    def __init__(self, scope: TableScope) -> None:
        self._only = scope.units[0] if scope.is_one_unit else None
        self._by_code = {_plain(each.unit.code): each for each in scope.units}
        self._by_name: dict[str, TableUnit] = {}
        self._by_place: dict[tuple[str, str], TableUnit] = {}
        self._counts: Counter[str] = Counter()
        for each in scope.units:
            for name in {_plain(each.name), _plain(each.unit.name), _plain(each.unit.short_name)} - {""}:
                self._counts[name] += 1
                self._by_name[name] = each
                if each.above is not None:
                    self._by_place[_plain(each.above.name), name] = each

    def find(self, row: TableRow) -> TableUnit | Message:
        """The unit of a row, or why it cannot be told."""
        code, name = _plain(row.text(UNIT_CODE)), _plain(row.text(UNIT_NAME))
        if not code and not name:
            return self._only or message("no_unit", "请填写单位代码")
        if code:
            found = self._by_code.get(code) or self._by_code.get(code.split()[0])
            if found is not None:
                return found
            return message("unknown_unit", "没有代码为“{code}”的填报单位，或不在您的填报范围内", code=code[:30])
        placed = self._by_place.get((_plain(row.text(ABOVE)), name))
        if placed is not None:
            return placed
        if self._counts[name] > 1:
            return message("several_units", "叫“{name}”的单位不止一个，请填单位代码", name=name[:30])
        found = self._by_name.get(name)
        return found or message("unknown_unit", "没有叫“{code}”的填报单位，或不在您的填报范围内", code=name[:30])

    def called(self, row: TableRow) -> str:
        """What a row calls its unit."""
        return row.text(UNIT_NAME) or row.text(UNIT_CODE)


def _plain(text: str) -> str:
    return half_width(text).strip()
