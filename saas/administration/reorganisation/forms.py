"""Forms of reorganisations. Input only: what is typed, and whether it has the right shape."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, Optional, ValidationError

from saas.administration.org.forms import CODE
from saas.administration.reorganisation.picking import Picked
from saas.administration.reorganisation.stage import Stage, list_posts
from saas.db import new_id
from saas.domain.reorganisation_steps import (
    ChangeType,
    Create,
    Dissolve,
    Merge,
    Move,
    NewUnit,
    Rename,
    Split,
    Step,
    StepKind,
    Target,
)
from saas.form_fields import day_field, name_field, no_formula, stripped
from saas.org.models import Hierarchy, Post, UnitType

NEW_ROWS = 3
END, KEEP = "end", "keep"


class HeadingForm(FlaskForm):
    """What a reorganisation is called, why, on what basis, and from which day."""

    version = HiddenField()
    title = name_field(_l("名称"), _l("请填写名称"), description=_l("如 东镇、西镇合并"))
    effective_on = day_field(_l("生效日期"), description=_l("这天起按新的机构；可以早于或晚于今天"))
    reason = TextAreaField(
        _l("调整原因"), validators=[Optional(), Length(max=500, message=_l("最多 500 字"))], filters=[stripped]
    )
    basis = StringField(
        _l("依据文件"),
        validators=[Optional(), Length(max=120, message=_l("最多 120 字")), no_formula],
        filters=[stripped],
        description=_l("批复或文件的标题、文号"),
        render_kw={"maxlength": 120},
    )


def _short_name_field() -> StringField:
    return StringField(
        _l("简称"),
        validators=[Optional(), Length(max=20, message=_l("简称最多 20 字")), no_formula],
        filters=[stripped],
        render_kw={"maxlength": 20},
    )


def _code_field(*validators: Any) -> StringField:
    return StringField(
        _l("单位代码"),
        validators=[*validators, CODE],
        filters=[stripped],
        description=_l("建成后不能修改，撤销后也不再用于其他单位"),
        render_kw={"maxlength": 40, "autocapitalize": "none"},
    )


class NewUnitForm(FlaskForm):
    """A unit that comes to exist."""

    name = name_field(_l("单位名称"), _l("请填写单位名称"))
    short_name = _short_name_field()
    code = _code_field(DataRequired(_l("请填写单位代码")))
    type = SelectField(_l("单位类型"), validators=[DataRequired(_l("请选择单位类型"))])


class RenameForm(FlaskForm):
    """What a unit is called from the day on."""

    name = name_field(_l("新名称"), _l("请填写新名称"))
    short_name = _short_name_field()


class MoveForm(FlaskForm):
    """In which tree units move."""

    hierarchy = SelectField(_l("层级体系"), validators=[DataRequired(_l("请选择层级体系"))])


class ChangeTypeForm(FlaskForm):
    """The type that a unit gets; as the same unit, or as a new one that follows it."""

    type = SelectField(_l("新类型"), validators=[DataRequired(_l("请选择单位类型"))])
    name = StringField(
        _l("新名称"),
        validators=[Optional(), Length(max=80, message=_l("最多 80 字")), no_formula],
        filters=[stripped],
        description=_l("不改名称的留空"),
        render_kw={"maxlength": 80},
    )
    short_name = _short_name_field()
    is_new = BooleanField(_l("另立新单位：原单位撤销，由新单位承接（默认保留原单位，只改类型）"))
    code = _code_field(Optional())

    def validate_is_new(self, field: Field) -> None:
        if field.data and not self.code.data:
            raise ValidationError(gettext("另立新单位的，请填写新单位的代码"))


def _split_fields() -> dict[str, Any]:
    fields: dict[str, Any] = {
        "keeps_unit": BooleanField(_l("原单位保留（只分出一部分）")),
    }
    for number in range(1, NEW_ROWS + 1):
        fields |= {
            f"new_{number}_name": StringField(
                gettext("新单位 %(number)s 的名称", number=number),
                validators=[Optional(), Length(max=80, message=_l("最多 80 字")), no_formula],
                filters=[stripped],
                render_kw={"maxlength": 80},
            ),
            f"new_{number}_code": _code_field(Optional()),
            f"new_{number}_type": SelectField(gettext("新单位 %(number)s 的类型", number=number)),
        }
    return fields


_FORMS: Mapping[StepKind, type[FlaskForm]] = {
    StepKind.CREATE: NewUnitForm,
    StepKind.RENAME: RenameForm,
    StepKind.MOVE: MoveForm,
    StepKind.CHANGE_TYPE: ChangeTypeForm,
    StepKind.DISSOLVE: FlaskForm,
}


class StepForm:
    """The form of a step for the units that were picked: its fields, and the step that they make."""

    def __init__(
        self, kind: StepKind, picked: Picked, stage: Stage, types: Sequence[UnitType], trees: Sequence[Hierarchy]
    ) -> None:
        self.kind, self.picked, self.stage = kind, picked, stage
        self.posts = list_posts(picked.ending()) if kind in _WITH_POSTS else []
        self.form = self._form()
        self._offer(types, trees)

    def _form(self) -> Any:
        fields: dict[str, Any] = {}
        if self.kind is StepKind.SPLIT:
            base: type[FlaskForm] = FlaskForm
            fields |= _split_fields()
            fields |= {f"child_{child}": self._child_field(child) for child in self._children()}
        elif self.kind is StepKind.MERGE:
            base = FlaskForm if self.picked.one("into") else NewUnitForm
        else:
            base = _FORMS[self.kind]
        fields |= {f"post_{post.id}": self._post_field(post) for post in self.posts}
        return type("TypedStepForm", (base,), fields)()

    def _children(self) -> list[uuid.UUID]:
        unit = self.picked.one("unit")
        return self.stage.children(unit) if unit else []

    def _child_field(self, child: uuid.UUID) -> SelectField:
        return SelectField(
            gettext("下级单位“%(name)s”划归", name=self.stage.name(child)), choices=self._heirs(), default=""
        )

    def _post_field(self, post: Post) -> SelectField:
        label = gettext("岗位“%(post)s”（%(unit)s）", post=post.name, unit=self.stage.name(post.unit_id))
        if self.kind is StepKind.SPLIT:
            choices = [*self._heirs(), SelectChoice(END, gettext("终止"))]
            return SelectField(label, choices=choices, default="")
        move = SelectChoice("move", gettext("转到承接单位"))
        choices = [move, SelectChoice(END, gettext("终止"))]
        return SelectField(label, choices=choices, default="move", validators=[DataRequired(gettext("请选择"))])

    def _heirs(self) -> list[SelectChoice]:
        unit = self.picked.one("unit")
        existing = [SelectChoice(str(each), self.stage.name(each)) for each in self.picked.units("targets")]
        new = [
            SelectChoice(f"new_{number}", gettext("新单位 %(number)s", number=number))
            for number in range(1, NEW_ROWS + 1)
        ]
        keep = SelectChoice(KEEP, gettext("留在%(unit)s（原单位保留时）", unit=self.stage.name(unit)))
        return [SelectChoice("", gettext("请选择")), *existing, *new, keep]

    def _offer(self, types: Sequence[UnitType], trees: Sequence[Hierarchy]) -> None:
        kinds = [SelectChoice(each.code, each.name) for each in types]
        ending = self.picked.ending()
        own = self.stage.type_of(ending[0]) if ending else None
        for field in self.form:
            if field.name == "type" or field.name.endswith("_type"):
                field.choices = kinds
                if not self.form.is_submitted():
                    field.data = own or kinds[-1].value
            elif field.name == "hierarchy":
                field.choices = [SelectChoice(each.code, each.name) for each in trees]

    # --- the step -----------------------------------------------------------------------------------------------------

    def step(self) -> Step:
        """The step that was filled in. The form is valid and everything that it needs was picked."""
        return _MAKE[self.kind](self)

    def _new(self) -> NewUnit:
        form = self.form
        return NewUnit(
            new_id(),
            form.code.data,
            form.name.data,
            form.type.data,
            self.picked.one("parent"),
            form.short_name.data or "",
        )

    def _post_choices(self, into: uuid.UUID) -> dict[uuid.UUID, uuid.UUID | None]:
        return {post.id: None if self.form[f"post_{post.id}"].data == END else into for post in self.posts}

    def _create(self) -> Step:
        return Create(self._new())

    def _rename(self) -> Step:
        return Rename(self.picked.need("unit"), self.form.name.data, self.form.short_name.data or "")

    def _move(self) -> Step:
        return Move(self.picked.units("units"), self.picked.need("parent"), self.form.hierarchy.data)

    def _merge(self) -> Step:
        into: Target | None = self.picked.one("into")
        if into is None:
            into = self._new()
        heir = into.unit if isinstance(into, NewUnit) else into
        posts = {post.id for post in self.posts if post.unit_id != heir}
        choices = {post: unit for post, unit in self._post_choices(heir).items() if post in posts}
        return Merge(self.picked.units("units"), into, choices)

    def _split(self) -> Step:
        unit, form = self.picked.need("unit"), self.form
        rows: dict[str, NewUnit] = {}
        for number in range(1, NEW_ROWS + 1):
            name, code = form[f"new_{number}_name"].data, form[f"new_{number}_code"].data
            if name or code:
                kind = form[f"new_{number}_type"].data
                rows[f"new_{number}"] = NewUnit(new_id(), code or "", name or "", kind, None)
        heirs = {key: new.unit for key, new in rows.items()} | {
            str(each): each for each in self.picked.units("targets")
        }
        heirs[KEEP] = unit
        return Split(
            unit,
            (*rows.values(), *self.picked.units("targets")),
            {
                child: heirs[form[f"child_{child}"].data]
                for child in self._children()
                if form[f"child_{child}"].data in heirs
            },
            {
                post.id: heirs.get(form[f"post_{post.id}"].data)
                for post in self.posts
                if form[f"post_{post.id}"].data in {*heirs, END}
            },
            bool(form.keeps_unit.data),
        )

    def _change_type(self) -> Step:
        form, unit = self.form, self.picked.need("unit")
        name, short_name = form.name.data or "", form.short_name.data or ""
        if not form.is_new.data:
            return ChangeType(unit, form.type.data, name, short_name)
        new = NewUnit(new_id(), form.code.data, name or self.stage.name(unit), form.type.data, None, short_name)
        return ChangeType(unit, form.type.data, name, short_name, new, self._post_choices(new.unit))

    def _dissolve(self) -> Step:
        return Dissolve(self.picked.need("unit"), self.picked.one("children_to"))

    def refuse_incomplete(self) -> bool:
        """Whether a new unit of a split lacks its name or its code; the message stands beside the field."""
        if self.kind is not StepKind.SPLIT:
            return False
        found = False
        for number in range(1, NEW_ROWS + 1):
            name, code = self.form[f"new_{number}_name"], self.form[f"new_{number}_code"]
            if bool(name.data) != bool(code.data):
                field = code if name.data else name
                field.errors = [*field.errors, gettext("请填写")]
                found = True
        return found


_WITH_POSTS = frozenset({StepKind.MERGE, StepKind.SPLIT, StepKind.CHANGE_TYPE})
_MAKE: Mapping[StepKind, Any] = {
    StepKind.CREATE: StepForm._create,
    StepKind.RENAME: StepForm._rename,
    StepKind.MOVE: StepForm._move,
    StepKind.MERGE: StepForm._merge,
    StepKind.SPLIT: StepForm._split,
    StepKind.CHANGE_TYPE: StepForm._change_type,
    StepKind.DISSOLVE: StepForm._dissolve,
}
