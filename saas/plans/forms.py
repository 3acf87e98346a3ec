"""WTForms of plans: input only. What a unit list or a target means is decided in the services and the domain."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    DateField,
    Field,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from saas.form_fields import WholeNumberField
from saas.plans.models import Plan, PlanAttachment, PlanSection, PlanStage, PlanTask, PlanTaskPart

TITLE, BODY = 120, 20_000


def choices(*pairs: tuple[str, Any]) -> list[SelectChoice]:
    """The choices of a select field, each a value with its label."""
    return [SelectChoice(value, label) for value, label in pairs]


SECTION_KINDS = choices(
    ("text", _l("文字")),
    ("targets", _l("文字，后接目标")),
    ("tasks", _l("文字，后接任务")),
    ("stages", _l("文字，后接阶段")),
    ("safeguards", _l("保障措施（文字）")),
)
MODES = choices(
    ("lead_responsible", _l("牵头单位负总责，责任单位按职责落实")),
    ("lead_supporting", _l("牵头单位负责，配合单位协助")),
    ("lead_separate", _l("牵头单位统筹，各单位分别负责")),
    ("separate", _l("各单位分别负责")),
    ("sole", _l("一个单位单独负责")),
)
SHOWS = choices(("", _l("上传的文件")), ("targets", _l("目标表（自动生成）")), ("tasks", _l("任务分解表（自动生成）")))


def _text(label: Any, message: Any, length: int, **options: Any) -> StringField:
    return StringField(
        label,
        validators=[DataRequired(message), Length(max=length, message=_l("最多 %(max)d 字"))],
        render_kw={"maxlength": length},
        **options,
    )


def _paragraphs(label: Any, rows: int, length: int = BODY, **options: Any) -> TextAreaField:
    return TextAreaField(
        label,
        validators=[Optional(), Length(max=length, message=_l("最多 %(max)d 字"))],
        render_kw={"rows": rows, "maxlength": length},
        **options,
    )


def _day(label: Any, **options: Any) -> DateField:
    return DateField(label, validators=[Optional()], **options)


def _after(form: FlaskForm, later: DateField, earlier: str) -> None:
    starts_on = form[earlier].data
    if starts_on and later.data and later.data < starts_on:
        raise ValidationError(str(_l("结束日期不能早于开始日期")))


class NewPlanForm(FlaskForm):
    """A new plan: blank, or a copy of an earlier one."""

    title = _text(_l("标题"), _l("请填写标题"), TITLE, description=_l("如“清河县2027年农村人居环境整治实施方案”"))
    year = WholeNumberField(
        _l("年度"),
        validators=[
            InputRequired(_l("请填写年度")),
            NumberRange(2000, 2100, message=_l("年度应在 2000 至 2100 之间")),
        ],
    )
    unit = SelectField(_l("制定单位"), validators=[DataRequired(_l("请选择制定单位"))])
    route = SelectField(_l("审签流程"), validators=[DataRequired(_l("请选择审签流程"))])
    source = SelectField(
        _l("以哪份方案为底稿"),
        description=_l("照抄章节、目标、任务和阶段，日期顺延到新的年度"),
        validators=[Optional()],
    )


class RegistrationForm(FlaskForm):
    """What a plan says about itself outside its sections."""

    version = HiddenField()
    title = _text(_l("标题"), _l("请填写标题"), TITLE)
    topic = StringField(_l("主题"), validators=[Optional(), Length(max=60, message=_l("最多 %(max)d 字"))])
    starts_on = DateField(_l("开始日期"), validators=[InputRequired(_l("请填写开始日期"))])
    ends_on = DateField(_l("结束日期"), validators=[InputRequired(_l("请填写结束日期"))])
    basis = _paragraphs(_l("制定依据"), 5, 4000, description=_l("印在正文开头"))
    goals = _paragraphs(_l("总体目标"), 5, 4000)
    addressees = _paragraphs(_l("主送"), 3, 1000, description=_l("每行一个；留空用县级设置中的主送机关"))
    copied_to = _paragraphs(_l("抄送"), 3, 1000, description=_l("每行一个；留空用县级设置中的抄送机关"))
    countersign_units = SelectMultipleField(
        _l("会签单位"),
        description=_l("送审后由这些单位的负责人会签"),
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )

    def validate_ends_on(self, later: DateField) -> None:
        _after(self, later, "starts_on")


class SectionForm(FlaskForm):
    """A section of the text."""

    version = HiddenField()
    heading = _text(_l("章节标题"), _l("请填写章节标题"), TITLE, description=_l("不用写“一、”，序号自动编排"))
    kind = SelectField(_l("内容"), choices=SECTION_KINDS)
    body = _paragraphs(_l("正文"), 14, description=_l("每行一段。开头是“加强领导。”这样的短句时，印成带序号的小标题"))

    @staticmethod
    def shown(section: PlanSection) -> dict[str, Any]:
        return {"heading": section.heading, "kind": section.kind, "body": section.body}


class TaskForm(FlaskForm):
    """A task; its parts carry units and deadlines."""

    version = HiddenField()
    title = _text(_l("任务名称"), _l("请填写任务名称"), TITLE)
    body = _paragraphs(_l("工作内容"), 4, 2000)
    mode = SelectField(_l("责任方式"), choices=MODES)

    @staticmethod
    def shown(task: PlanTask) -> dict[str, Any]:
        return {"title": task.title, "body": task.body, "mode": task.mode}


class PartForm(FlaskForm):
    """A part of a task: its deadline and its units. The units are read by `saas.plans.views.duties`."""

    version = HiddenField()
    title = StringField(
        _l("分项名称"),
        description=_l("任务只有一个时限时不用填"),
        validators=[Optional(), Length(max=TITLE, message=_l("最多 %(max)d 字"))],
    )
    due_on = _day(_l("最后期限"), description=_l("含当日；没有期限的留空"))
    due_text = StringField(
        _l("时限的写法"),
        description=_l("照原文印出，如“8月底前”“8月25日前，坚持经常”；留空按日期写"),
        validators=[Optional(), Length(max=60, message=_l("最多 %(max)d 字"))],
    )
    is_standing = BooleanField(_l("坚持经常：验收后转为日常检查，不从清单上消失"))
    words = TextAreaField(
        _l("其他责任单位（文字）"),
        description=_l("不在机构中的单位，每行一个，如“有关产权单位”；前面可写“牵头：”“配合：”"),
        validators=[Optional(), Length(max=500, message=_l("最多 %(max)d 字"))],
        render_kw={"rows": 3},
    )

    @staticmethod
    def shown(part: PlanTaskPart) -> dict[str, Any]:
        return {
            "title": part.title,
            "due_on": part.due_on,
            "due_text": part.due_text,
            "is_standing": part.is_standing,
        }


class StageForm(FlaskForm):
    """A stage."""

    version = HiddenField()
    name = _text(_l("阶段名称"), _l("请填写阶段名称"), 60)
    starts_on = _day(_l("开始日期"))
    ends_on = _day(_l("结束日期"))
    body = _paragraphs(_l("工作内容"), 5, 4000)

    def validate_ends_on(self, later: DateField) -> None:
        _after(self, later, "starts_on")

    @staticmethod
    def shown(stage: PlanStage) -> dict[str, Any]:
        return {"name": stage.name, "starts_on": stage.starts_on, "ends_on": stage.ends_on, "body": stage.body}


class AttachmentForm(FlaskForm):
    """An attachment: a table made from the plan, or a file."""

    version = HiddenField()
    title = _text(_l("附件名称"), _l("请填写附件名称"), TITLE, description=_l("不用写“附件1”，序号自动编排"))
    shows = RadioField(_l("内容"), choices=SHOWS, validators=[Optional()], default="")
    file = FileField(_l("文件"), description=_l("PDF、Word、Excel 或图片，不超过 20 MB"))

    @staticmethod
    def shown(attachment: PlanAttachment) -> dict[str, Any]:
        return {"title": attachment.title, "shows": str((attachment.content or {}).get("shows") or "")}


class ProgressForm(FlaskForm):
    """A report on a part of a task (反馈进展)."""

    text = TextAreaField(
        _l("进展情况"),
        validators=[DataRequired(_l("请写明进展情况")), Length(max=1000, message=_l("最多 %(max)d 字"))],
        render_kw={"rows": 4, "maxlength": 1000},
    )
    unit = SelectField(_l("报告单位"), validators=[DataRequired(_l("请选择报告单位"))])
    kind = RadioField(
        _l("这次报告"),
        choices=choices(("progress", _l("进展情况，继续办理")), ("done", _l("已经完成，申请验收"))),
        default="progress",
        validators=[DataRequired(_l("请选择是否完成"))],
    )


class DecisionForm(FlaskForm):
    """Accepting a part, or sending it back with a reason."""

    version = HiddenField()
    comment = TextAreaField(_l("意见"), validators=[Optional(), Length(max=500, message=_l("最多 %(max)d 字"))])


def lines(text: str | None) -> tuple[str, ...]:
    """The lines of a text that are not empty, each once."""
    return tuple(dict.fromkeys(line.strip() for line in (text or "").splitlines() if line.strip()))


def registration_data(plan: Plan) -> dict[str, Any]:
    """What the registration form shows of a plan."""
    return {
        "title": plan.title,
        "topic": plan.topic,
        "starts_on": plan.starts_on,
        "ends_on": plan.ends_on,
        "basis": plan.basis,
        "goals": plan.goals,
        "addressees": "\n".join(plan.addressees),
        "copied_to": "\n".join(plan.copied_to),
        "countersign_units": list(plan.countersign_units),
    }


def changed_fields(form: FlaskForm, now: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """What somebody else's version has where it differs from what was typed: label, theirs, typed."""
    found = []
    for name, theirs in now.items():
        field: Field | None = form._fields.get(name)
        if field is not None and _plain(field.data) != _plain(theirs):
            found.append((str(field.label.text), _plain(theirs), _plain(field.data)))
    return found


def _plain(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "、".join(str(item) for item in value)
    return "" if value is None else str(value).replace("\r\n", "\n").strip()


def id_or_none(text: str | None) -> uuid.UUID | None:
    """The id that a select field sent, or None for its empty choice."""
    return uuid.UUID(text) if text else None


Choices = Sequence[tuple[str, str]]
