"""What a pack contains, counted and worded for its pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from saas.domain.fields import Field, FieldType, FormDefinition, iter_fields
from saas.packs.ledger import COUNTED
from saas.tenancy.packs import Pack

NEW_LABELS = {
    "unit_types": _l("单位类型"),
    "units": _l("单位"),
    "posts": _l("岗位"),
    "people": _l("人员"),
    "appointments": _l("任职"),
    "links": _l("联系"),
    "post_templates": _l("岗位模板"),
    "hierarchies": _l("层级体系"),
    "functions": _l("职能"),
    "link_kinds": _l("联系方式"),
    "cohorts": _l("单位名册"),
    "body_templates": _l("默认工作组"),
    "bodies": _l("议事协调机构"),
    "routes": _l("审批流程"),
    "choice_lists": _l("公用选项"),
    "forms": _l("表单"),
    "plans": _l("实施方案"),
    "targets": _l("目标"),
    "collections": _l("填报任务"),
    "registers": _l("台账"),
    "schemes": _l("考核方案"),
}
"""The names of what is counted as new."""


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One question of a form: how deep it stands in groups, and what it asks."""

    depth: int
    label: str
    type: str
    measure: str
    is_required: bool


def contents(pack: Pack) -> Sequence[tuple[str, int]]:
    """How much of what a pack contains; what it does not contain is left out."""
    organisation, configuration = pack.organisation, pack.configuration
    found: Iterable[tuple[Any, int]] = (
        (NEW_LABELS["unit_types"], len(organisation.unit_types)),
        (NEW_LABELS["units"], len(organisation.units)),
        (NEW_LABELS["posts"], len(organisation.posts) + len(organisation.post_templates)),
        (NEW_LABELS["people"], len(organisation.people)),
        (NEW_LABELS["hierarchies"], len(organisation.hierarchies)),
        (NEW_LABELS["link_kinds"], len(organisation.link_kinds)),
        (NEW_LABELS["cohorts"], len(configuration.cohorts)),
        (NEW_LABELS["bodies"], len(configuration.bodies) + len(configuration.body_templates)),
        (NEW_LABELS["routes"], len(configuration.routes)),
        (NEW_LABELS["choice_lists"], len(configuration.choice_lists)),
        (NEW_LABELS["forms"], len(configuration.forms)),
        (NEW_LABELS["collections"], len(configuration.collections)),
        (NEW_LABELS["registers"], len(configuration.registers)),
        (NEW_LABELS["plans"], len(configuration.plans)),
        (gettext("任务"), sum(len(entry.plan.tasks) for entry in configuration.plans)),
        (NEW_LABELS["targets"], len(configuration.targets)),
        (NEW_LABELS["schemes"], len(configuration.schemes)),
    )
    return [(str(label), count) for label, count in found if count]


def field_rows(form: FormDefinition) -> Sequence[FieldRow]:
    """The questions of a form in their order."""
    return [_row(path, field) for path, field in iter_fields(form)]


def _row(path: str, field: Field) -> FieldRow:
    depth = min(path.count("."), 3)
    return FieldRow(depth, field.label, str(_TYPES.get(field.type, field.type)), field.measure, field.required)


_TYPES = {
    FieldType.TEXT: _l("文字"),
    FieldType.INTEGER: _l("整数"),
    FieldType.DECIMAL: _l("小数"),
    FieldType.DATE: _l("日期"),
    FieldType.SELECT_ONE: _l("单选"),
    FieldType.SELECT_MULTIPLE: _l("多选"),
    FieldType.IMAGE: _l("照片"),
    FieldType.FILE: _l("文件"),
    FieldType.CALCULATE: _l("自动计算"),
    FieldType.NOTE: _l("说明文字"),
    FieldType.GROUP: _l("分组"),
    FieldType.REPEAT: _l("逐条填写"),
}


def new_words(counts: dict[str, Any]) -> Sequence[tuple[str, int]]:
    """What an application brought, in words, in the order of the tables."""
    return [(str(NEW_LABELS[name]), counts[name]) for name in COUNTED.values() if counts.get(name)]
