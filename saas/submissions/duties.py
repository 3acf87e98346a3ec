"""Who fills and who compiles, as a collection says it: checked against the county's units, and in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from flask_babel import gettext
from sqlalchemy import select

from saas.db import db
from saas.domain.compiling import compiling_from_mapping
from saas.domain.errors import DomainError
from saas.domain.fillers import PARENT, filler_from_mapping
from saas.org.models import OrgUnit, UnitType
from saas.org.queries import find_unit_by_code, list_unit_types
from saas.submissions.compilers import compiling_of
from saas.submissions.fillers import filler_of
from saas.submissions.models import Collection


def check_duties(filled_by: Mapping[str, Any], compiling: Mapping[str, Any]) -> None:
    """Raise FormatError, or DomainError for a unit or a unit type that the county does not have.

    A function that nobody has yet is taken: who fills is then shown as not settled (未落实).
    """
    filler, rule = filler_from_mapping(filled_by), compiling_from_mapping(compiling)
    if filler.unit and find_unit_by_code(filler.unit) is None:
        raise DomainError("没有编码为“{unit}”的单位", code="unknown_unit", unit=filler.unit)
    wanted = [each for each in (filler.superior, rule.by if rule else "") if isinstance(each, str)]
    types = {each.code for each in list_unit_types()} | {PARENT, ""}
    for each in wanted:
        if each not in types:
            raise DomainError("没有编码为“{type}”的单位类型", code="unknown_unit_type", type=each)


class DutyWords:
    """Who fills and who compiles, in words. Names are read once for all collections, when one needs them."""

    def __init__(self, collections: Sequence[Collection]) -> None:
        self._codes = {filler_of(each).unit for each in collections} - {""}

    @cached_property
    def _names(self) -> Mapping[str, str]:
        rows = db.session.execute(select(OrgUnit.code, OrgUnit.name).where(OrgUnit.code.in_(self._codes))).all()
        return {row.code: row.name for row in rows}

    @cached_property
    def _types(self) -> Sequence[UnitType]:
        return list_unit_types()

    def filler(self, collection: Collection) -> str:
        """Who fills: 各单位自行填报, 民政局代填, 负责“社会救助”的部门代填, 所属乡镇代填."""
        filler = filler_of(collection)
        if filler.unit:
            return str(gettext("%(unit)s代填", unit=self._names.get(filler.unit, filler.unit)))
        if filler.function:
            return str(gettext("负责“%(function)s”的单位代填", function=filler.function))
        if filler.superior:
            return str(gettext("所属%(superior)s代填", superior=self._superior(filler.superior)))
        return str(gettext("各单位自行填报"))

    def compiler(self, collection: Collection) -> str:
        """Who compiles and by when: 所属乡镇在截止后 3 个工作日内汇总; without one nothing."""
        rule = compiling_of(collection)
        if rule is None:
            return ""
        words = {"superior": self._superior(rule.by), "days": rule.days}
        if rule.is_working_days:
            return str(gettext("所属%(superior)s在单位截止后 %(days)s 个工作日内汇总上报", **words))
        return str(gettext("所属%(superior)s在单位截止后 %(days)s 天内汇总上报", **words))

    def _superior(self, wanted: str | int) -> str:
        if wanted == PARENT:
            return str(gettext("上级单位"))
        names = [each.name for each in self._types if wanted in {each.code, each.level}]
        return "、".join(names) or str(wanted)
