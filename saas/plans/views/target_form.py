"""The form of a target, and how what was typed becomes the target format. What is wrong is said by the format."""

from __future__ import annotations

import re
import uuid
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, NumberRange, Optional

from saas.domain.errors import FormatError
from saas.form_fields import WholeNumberField
from saas.plans.forms import choices, id_or_none
from saas.plans.views.blueprint import upper_units
from saas.targets.models import Target

COMPARATORS = choices(
    ("at_least", _l("不少于（≥）")),
    ("at_most", _l("不超过（≤）")),
    ("equals", _l("等于（=）")),
    ("range", _l("在区间内")),
    ("zero", _l("零发生")),
    ("all", _l("全部（100%）")),
    ("direction", _l("比基数上升或下降")),
    ("level", _l("达到等级")),
    ("rank", _l("名次进前")),
    ("date", _l("按期完成")),
    ("document", _l("制发文件")),
)
KINDS = choices(
    ("number", _l("数量")), ("percent", _l("百分比")), ("ratio", _l("比（1:300）")), ("per", _l("每若干人"))
)
STRENGTHS = choices(("binding", _l("约束性")), ("stretch", _l("力争")), ("advisory", _l("倡导")))
SCOPES = choices(
    ("total", _l("全部合计")),
    ("each_unit", _l("每个单位都要达到")),
    ("share_of_units", _l("一定比例的单位达到")),
)


def _line(label: Any, length: int = 60, **options: Any) -> StringField:
    validators = [Optional(), Length(max=length, message=_l("最多 %(max)d 字"))]
    return StringField(label, validators=validators, render_kw={"maxlength": length}, **options)


class TargetForm(FlaskForm):
    """A target. The figure may be left open (未定): it is then printed as such and never guessed."""

    version = HiddenField()
    name = StringField(
        _l("目标名称"),
        validators=[DataRequired(_l("请填写目标名称")), Length(max=100, message=_l("最多 %(max)d 字"))],
        render_kw={"maxlength": 100},
    )
    comparator = SelectField(_l("要求"), choices=COMPARATORS)
    kind = SelectField(_l("目标值是"), choices=KINDS)
    figure = _line(_l("目标值"), 40, description=_l("留空表示未定；区间写“1-2”，比写“1:300”"))
    measure = _line(_l("计量单位"), 20, description=_l("如：户、个、吨"))
    deadline = _line(
        _l("完成时限"), 30, description=_l("如 2026-12-31、2026-Q3（季度末）、2026-03-T2（中旬）；留空表示未定")
    )
    strength = SelectField(_l("性质"), choices=STRENGTHS)
    responsible_unit = SelectField(_l("数据责任单位"), description=_l("由它填报实际值"), validators=[Optional()])
    numerator = _line(_l("分子"), description=_l("百分比、比：数的是什么"))
    denominator = _line(_l("分母"), description=_l("百分比、比：全部是什么"))
    counting = SelectField(
        _l("能否有零头"), choices=choices(("exact", _l("可以有零头")), ("whole", _l("只能是整数个，不足一个按一个")))
    )
    milestones = TextAreaField(
        _l("阶段目标"),
        description=_l("每行一个：时限和目标值，如“2026-06-30 90”"),
        validators=[Optional(), Length(max=1000, message=_l("最多 %(max)d 字"))],
        render_kw={"rows": 4},
    )
    milestones_are = SelectField(
        _l("阶段目标是"), choices=choices(("cumulative", _l("累计数")), ("increment", _l("当期新增数")))
    )
    groups = TextAreaField(
        _l("分组目标"),
        description=_l("各组分别要求、不取平均时填写，每行一组：名称和目标值，如“沿线村群众 92”"),
        validators=[Optional(), Length(max=1000, message=_l("最多 %(max)d 字"))],
        render_kw={"rows": 3},
    )
    population = _line(_l("范围"), 100, description=_l("如：全县行政村"))
    scope = SelectField(_l("怎样算达到"), choices=SCOPES)
    share = _line(_l("单位比例（%）"), 10)
    per = _line(_l("每多少人"), 10, description=_l("目标值是“每若干人”时填写，如 10000"))
    direction = SelectField(
        _l("升降"),
        choices=choices(("", _l("不适用")), ("up", _l("上升")), ("down", _l("下降"))),
        validators=[Optional()],
    )
    baseline = _line(_l("基数"), 20)
    levels = _line(_l("等级"), 100, description=_l("从低到高，用顿号分开，如“一星、二星、三星”"))
    level = _line(_l("应达到的等级"), 20)
    decimals = WholeNumberField(
        _l("显示几位小数"),
        description=_l("只影响显示，比较一律用未取舍的数"),
        validators=[Optional(), NumberRange(0, 6, message=_l("0 至 6"))],
        default=2,
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        units = [(str(unit.id), unit.short_name or unit.name) for unit in upper_units()]
        self.responsible_unit.choices = [("", "—"), *units]

    @property
    def responsible_id(self) -> uuid.UUID | None:
        return id_or_none(self.responsible_unit.data)

    @staticmethod
    def shown(target: Target) -> dict[str, Any]:
        written = target.definition
        texts = {key: _text(written.get(key)) for key in ("measure", "numerator", "denominator", "population", "level")}
        figure = written.get("figure")
        return {
            **texts,
            "name": target.name,
            "comparator": written.get("comparator", "at_least"),
            "kind": written.get("kind", "number"),
            "figure": "-".join(map(str, figure)) if isinstance(figure, list) else _text(figure),
            "deadline": _deadline(written.get("deadline")),
            "strength": written.get("strength", "binding"),
            "responsible_unit": str(target.responsible_unit_id or ""),
            "counting": written.get("counting", "exact"),
            "milestones": "\n".join(_milestone(each) for each in written.get("milestones", ())),
            "milestones_are": written.get("milestones_are", "cumulative"),
            "groups": "\n".join(f"{each['name']} {_text(each.get('figure'))}" for each in written.get("groups", ())),
            "scope": written.get("scope", "total"),
            "share": _text(written.get("share")),
            "per": _text(written.get("per")),
            "direction": written.get("direction", ""),
            "baseline": _text(written.get("baseline")),
            "levels": "、".join(written.get("levels", ())),
            "decimals": written.get("decimals", 2),
        }


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _deadline(value: Any) -> str:
    """A deadline as one line: a period's key or a day; a stated length keeps only its last day in the form."""
    if isinstance(value, dict):
        return str(value.get("key") or value.get("before") or value.get("start") or "")
    return _text(value)


def _milestone(value: dict[str, Any]) -> str:
    return f"{_deadline(value.get('deadline'))} {_text(value.get('figure'))}".strip()


def target_mapping(form: TargetForm) -> dict[str, Any]:
    """Return what was typed in the target format; left out is what was left empty. Raises FormatError for a line."""
    names = (
        "name", "comparator", "kind", "measure", "deadline", "strength", "numerator", "denominator", "counting",
        "population", "scope", "share", "direction", "baseline", "level",
    )  # fmt: skip
    typed = {name: str(form[name].data or "").strip() for name in names}
    mapping: dict[str, Any] = {name: text for name, text in typed.items() if text}
    mapping["decimals"] = 2 if form.decimals.data is None else form.decimals.data
    if (form.figure.data or "").strip():
        mapping["figure"] = _figure(form.figure.data.strip(), form.comparator.data)
    if (form.per.data or "").strip():
        mapping["per"] = _whole(form.per.data.strip())
    if (form.levels.data or "").strip():
        mapping["levels"] = [part.strip() for part in re.split("[、,，]", form.levels.data) if part.strip()]
    milestones = [_read_milestone(line) for line in _lines(form.milestones.data)]
    groups = [_read_group(number, line) for number, line in enumerate(_lines(form.groups.data), start=1)]
    mapping |= {"milestones": milestones, "milestones_are": form.milestones_are.data} if milestones else {}
    return mapping | ({"groups": groups} if groups else {})


def kept_mapping(target: Target, typed: dict[str, Any]) -> dict[str, Any]:
    """Keep of a target what the form shows in one line only, where that line was not changed.

    These are stated deadlines (10 days from …), the boundary, and the codes of groups that keep their names.
    """
    written = target.definition
    deadlines = {_deadline(each): each for each in _stated_deadlines(written)}
    codes = {group["name"]: group["code"] for group in written.get("groups", ())}
    merged = {**typed, "deadline": deadlines.get(typed.get("deadline", ""), typed.get("deadline"))}
    merged["milestones"] = [
        {**each, "deadline": deadlines.get(each["deadline"], each["deadline"])} for each in typed.get("milestones", ())
    ]
    merged["groups"] = [{**each, "code": codes.get(each["name"], each["code"])} for each in typed.get("groups", ())]
    merged |= {"boundary": written["boundary"]} if "boundary" in written else {}
    return {key: value for key, value in merged.items() if value not in (None, [])}


def _stated_deadlines(written: dict[str, Any]) -> list[Any]:
    found = [written.get("deadline"), *(each.get("deadline") for each in written.get("milestones", ()))]
    return [each for each in found if isinstance(each, dict)]


def _lines(text: str | None) -> list[str]:
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


def _figure(text: str, comparator: str) -> Any:
    if comparator != "range":
        return text
    parts = re.split(r"\s*[-—~～至]\s*", text)
    if len(parts) != 2:
        raise FormatError("figure", "区间应写两个数", code="wrong_type", advice="如“1-2”")
    return parts


def _whole(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text, flags=re.ASCII):
        raise FormatError("per", "应填整数", code="wrong_type", advice="如 10000")
    return int(text)


def _read_milestone(line: str) -> dict[str, Any]:
    deadline, _space, figure = line.partition(" ")
    return {"deadline": deadline} | ({"figure": figure.strip()} if figure.strip() else {})


def _read_group(number: int, line: str) -> dict[str, Any]:
    match = re.fullmatch(r"(.+?)\s+([0-9.:：]+)?", line) or re.fullmatch(r"(.+)", line)
    name = match[1].strip() if match else line
    figure = match[2] if match and match.re.groups == 2 else None
    return {"code": f"g{number}", "name": name} | ({"figure": figure} if figure else {})


def field_of(path: str) -> str:
    """The field of a form that a path of the format is about: milestones[1].figure → milestones."""
    return re.split(r"[.\[]", path)[0] or "name"
