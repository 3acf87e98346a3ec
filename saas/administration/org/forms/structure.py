"""Forms of trees, kinds of ties and named cohorts. Input only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, NumberRange, Optional, ValidationError

from saas.administration.org.forms import CODE, boxes_field, chosen_id, split_words, type_choices
from saas.form_fields import (
    WholeNumberField,
    day_field,
    name_field,
    no_formula,
    optional_day_field,
    stripped,
    text_field,
)
from saas.org.hierarchies import HierarchySettings
from saas.org.links import KindSettings
from saas.org.models import Hierarchy, HierarchyPurpose, LinkKind, UnitType

PURPOSE_LABELS = {
    HierarchyPurpose.ADMINISTRATIVE: _l("行政"),
    HierarchyPurpose.GRID: _l("网格"),
    HierarchyPurpose.PARTY: _l("党组织"),
    HierarchyPurpose.LINE: _l("专业条线"),
    HierarchyPurpose.OTHER: _l("其他"),
}
MAX_LIST = 100_000


def code_field(label: Any, missing: Any) -> StringField:
    """A code that never changes."""
    return StringField(
        label,
        description=_l("建成后不能修改"),
        validators=[DataRequired(missing), CODE],
        filters=[stripped],
        render_kw={"maxlength": 40, "autocapitalize": "none"},
    )


def note_field() -> TextAreaField:
    """A few sentences that may be left out."""
    return TextAreaField(
        _l("说明"),
        validators=[Optional(), Length(max=500, message=_l("最多 500 字")), no_formula],
        render_kw={"rows": 3},
    )


def order_field() -> WholeNumberField:
    """The place in a list."""
    return WholeNumberField(
        _l("排列序号"), default=50, validators=[Optional(), NumberRange(0, 10_000, _l("请填写 0 到 10000 的整数"))]
    )


def list_field(label: Any, *, missing: Any = None, **options: Any) -> TextAreaField:
    """Units, one a line; with `missing`, the words for none, at least one must be given."""
    first = Optional() if missing is None else DataRequired(missing)
    limit = Length(max=MAX_LIST, message=_l("名单过长，请分几次"))
    return TextAreaField(label, validators=[first, limit], render_kw={"rows": 4}, **options)


class HierarchyForm(FlaskForm):
    """A named tree (层级体系)."""

    version = HiddenField()
    name = name_field(_l("体系名称"), _l("请填写体系名称"), 40)
    purpose = SelectField(
        _l("用途"),
        choices=[SelectChoice(each.value, label) for each, label in PURPOSE_LABELS.items()],
        default=HierarchyPurpose.GRID.value,
    )
    starts_on = optional_day_field(_l("自哪天起有效"), description=_l("留空：一直有效"))
    ends_on = optional_day_field(_l("自哪天起不再有效"), description=_l("留空：没有期限"))
    alternative = SelectField(
        _l("是哪个体系的另一口径"), description=_l("同一体系有两种分法时，两种并列保存"), validators=[Optional()]
    )
    note = note_field()
    sort_order = order_field()

    def offer(self, hierarchies: Sequence[Hierarchy]) -> HierarchyForm:
        """Let these be chosen as the tree of which this is another definition."""
        self.alternative.choices = hierarchy_choices(hierarchies, gettext("不是"))
        return self

    def settings(self) -> HierarchySettings:
        """What was typed."""
        return HierarchySettings(
            name=self.name.data or "",
            purpose=HierarchyPurpose(self.purpose.data),
            note=self.note.data or "",
            starts_on=self.starts_on.data,
            ends_on=self.ends_on.data,
            alternative_to_id=chosen_id(self.alternative),
            sort_order=self.sort_order.data or 0,
        )


class NewHierarchyForm(HierarchyForm):
    """A new tree: also its code, and which tree's places it begins with."""

    code = code_field(_l("体系代码"), _l("请填写体系代码"))
    copied = SelectField(
        _l("以哪个体系为底稿"), description=_l("先照抄它现在的归属，再修改；留空：从空白开始"), validators=[Optional()]
    )

    def offer(self, hierarchies: Sequence[Hierarchy]) -> NewHierarchyForm:
        super().offer(hierarchies)
        self.copied.choices = hierarchy_choices(hierarchies, gettext("从空白开始"))
        return self


def hierarchy_choices(hierarchies: Sequence[Hierarchy], blank: str) -> list[SelectChoice]:
    """Trees, for choosing."""
    return [SelectChoice("", blank), *(SelectChoice(str(each.id), each.name) for each in hierarchies)]


class PlaceForm(FlaskForm):
    """Which units stand under which from a day on."""

    units = list_field(
        _l("要归入的单位"),
        missing=_l("请填写单位，每行一个"),
        description=_l("每行一个单位名称或代码，可以从表格粘贴一列"),
    )
    parent = text_field(_l("归到哪个单位之下"), 80, description=_l("名称或代码；留空：作为最上级"))
    starts_on = day_field(_l("自哪天起"))


class TakeOutForm(FlaskForm):
    """Which units have no place from a day on."""

    out_units = list_field(
        _l("要移出的单位"), missing=_l("请填写单位，每行一个"), description=_l("每行一个单位名称或代码")
    )
    out_on = day_field(_l("自哪天起移出"))


class KindForm(FlaskForm):
    """A kind of tie (联系方式) and whom it must cover."""

    version = HiddenField()
    name = name_field(_l("联系方式"), _l("请填写联系方式"), 20, description=_l("如 包片、挂点、结对、条线、联防"))
    from_people = BooleanField(_l("由人员承担（如领导包片）"), default=True)
    from_units = BooleanField(_l("由单位承担（如部门结对）"), default=True)
    from_types = boxes_field(_l("由哪些类型的单位承担"), description=_l("不选表示不限"))
    to_types = boxes_field(_l("联系哪些类型的单位"), description=_l("不选表示不限"))
    layers = text_field(_l("分级"), 100, description=_l("分级包保时填写，用顿号隔开，如 一级、二级、三级；不分级留空"))
    covers_targets = BooleanField(_l("每个被联系的单位都要有人负责（每级都要有）"))
    covers_sources = BooleanField(_l("每个承担联系的单位都要有任务"))
    note = note_field()
    sort_order = order_field()

    def offer(self, types: Sequence[UnitType]) -> KindForm:
        """Let these kinds of units be chosen."""
        self.from_types.choices = self.to_types.choices = type_choices(types)
        return self

    def settings(self) -> KindSettings:
        """What was typed."""
        return KindSettings(
            name=self.name.data or "",
            note=self.note.data or "",
            from_people=self.from_people.data,
            from_units=self.from_units.data,
            from_types=self.from_types.data or (),
            to_types=self.to_types.data or (),
            layers=split_words(self.layers.data),
            covers_targets=self.covers_targets.data,
            covers_sources=self.covers_sources.data,
            sort_order=self.sort_order.data or 0,
        )


def present_kind(kind: LinkKind) -> dict[str, Any]:
    """A kind as the form shows it."""
    return {
        "version": kind.version,
        "name": kind.name,
        "from_people": kind.from_people,
        "from_units": kind.from_units,
        "from_types": kind.from_types,
        "to_types": kind.to_types,
        "layers": "、".join(kind.layers),
        "covers_targets": kind.covers_targets,
        "covers_sources": kind.covers_sources,
        "note": kind.note,
        "sort_order": kind.sort_order,
    }


class AssignForm(FlaskForm):
    """Who is in charge of many units, from a day on. The units are ticked in the table below."""

    layer = SelectField(_l("级别"), validators=[Optional()])
    user = SelectField(_l("联系人"), validators=[Optional()])
    linked_unit = SelectField(_l("联系单位"), description=_l("联系人和联系单位选一个"), default="")
    starts_on = day_field(_l("自哪天起"))
    is_replacing = BooleanField(_l("原有的同级联系从这天起结束"), description=_l("勾选：接替原来的；不勾：并列"))
    note = text_field(_l("备注"), 200)

    def offer(self, kind: LinkKind, users: list[SelectChoice], units: list[SelectChoice]) -> AssignForm:
        """Let what the kind allows be chosen."""
        self.layer.choices = [SelectChoice(each, each) for each in kind.layers] or [SelectChoice("", gettext("不分级"))]
        blank = SelectChoice("", gettext("请选择"))
        self.user.choices = [blank, *users] if kind.from_people else [blank]
        self.linked_unit.choices = [blank, *units] if kind.from_units else [blank]
        return self

    def validate_linked_unit(self, field: Field) -> None:
        if bool(field.data) == bool(self.user.data):
            raise ValidationError(gettext("联系人和联系单位请选一个，且只选一个"))


class CohortForm(FlaskForm):
    """A named cohort (单位名册). Its conditions are rows read by `cohort_rows`."""

    version = HiddenField()
    name = name_field(_l("名册名称"), _l("请填写名册名称"), 40)
    note = note_field()
    by = RadioField(
        _l("按什么确定"),
        choices=[SelectChoice("rule", _l("按条件：符合条件的单位自动在内")), SelectChoice("list", _l("按名单"))],
        default="rule",
    )
    unit_types = boxes_field(_l("单位类型"), description=_l("不选表示不限"))
    under = list_field(_l("所属上级"), description=_l("每行一个单位名称或代码；留空表示不限"))
    linked = boxes_field(_l("有这些联系"), description=_l("有人联系（包片、挂点等）的单位；不选表示不限"))
    cohorts = boxes_field(_l("在这些名册中"), description=_l("属于其中任何一个；不选表示不限"))
    units = list_field(_l("单位名单"), description=_l("选“按名单”时填写，每行一个单位名称或代码"))
    excluded = list_field(_l("除外单位"), description=_l("每行一个单位名称或代码"))


class NewCohortForm(CohortForm):
    """A new one: also its code and the days on which it holds."""

    code = code_field(_l("名册代码"), _l("请填写名册代码"))
    starts_on = day_field(_l("自哪天起有效"))
    ends_on = optional_day_field(_l("自哪天起不再有效"), description=_l("留空：没有期限"))


class EditCohortForm(CohortForm):
    """A change: the definition was wrong, or is different from a day on."""

    mode = RadioField(
        _l("这次修改是"),
        choices=[
            SelectChoice("correct", _l("更正错误：以前登记得不对，一直就应是这样")),
            SelectChoice("change", _l("自某日起变更：以前各期仍用原来的名册")),
        ],
        default="correct",
    )
    starts_on = optional_day_field(_l("自哪天起变更"), description=_l("选“自某日起变更”时填写"))

    def validate_mode(self, field: Field) -> None:
        if field.data == "change" and self.starts_on.data is None:
            raise ValidationError(gettext("请填写自哪天起变更"))

    def since(self) -> date | None:
        """The day from which it is different; None for a correction."""
        return self.starts_on.data if self.mode.data == "change" else None
