"""WTForms of assessment, and reading the re-check sheet. Input only."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, DateField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError

from saas.domain.amounts import ZERO, plain
from saas.domain.scheme import READING_KINDS, Rule, RuleKind
from saas.domain.scheme_conditions import AllOf, AnyOf, Comparison, Condition, Negation

MOST = Decimal(100_000_000)
_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,4})?", re.ASCII)
_HOUSES = re.compile(r"[,，、;；\n\r]+")
MAX_HOUSES = 300
MAX_HOUSE_LENGTH = 30


def read_number(text: str, *, most: Decimal = MOST) -> Decimal | None:
    """Return the exact number a person typed (full-width figures too), None for nothing. Raises ValueError."""
    typed = text.strip().translate(str.maketrans("０１２３４５６７８９．", "0123456789."))
    if not typed:
        return None
    if not _NUMBER.fullmatch(typed):
        raise ValueError(text)
    try:
        number = Decimal(typed)
    except InvalidOperation:
        raise ValueError(text) from None
    if number > most:
        raise ValueError(text)
    return number


class NumberField(StringField):
    """An exact number ≥ 0, typed as text so that a refused entry stays as it was typed."""

    number: Decimal | None = None

    def pre_validate(self, form: Any) -> None:
        try:
            self.number = read_number(self.data or "")
        except ValueError:
            raise ValidationError(gettext("请填写不小于 0 的数，最多 4 位小数")) from None


class StartRoundForm(FlaskForm):
    """Which period to assess (考核期)."""

    period = SelectField(_l("考核期"), validators=[InputRequired(_l("请选择考核期"))])


class CohortForm(FlaskForm):
    """Which named cohort a scheme assesses (考核对象)."""

    cohort = SelectField(_l("改用单位名册"), validators=[InputRequired(_l("请选择单位名册"))])


class FindingForm(FlaskForm):
    """Something found on the spot under one rule (现场发现)."""

    rule_code = HiddenField()
    quantity = NumberField(_l("数量"), render_kw={"inputmode": "decimal", "autocomplete": "off", "maxlength": 14})
    out_of = NumberField(_l("其中总数"), render_kw={"inputmode": "decimal", "autocomplete": "off", "maxlength": 14})
    is_unknown = BooleanField(_l("数量待核实"))
    households = TextAreaField(_l("门牌号"), validators=[Length(max=4000, message=_l("内容太长，请分次登记"))])
    found_on = DateField(_l("发现日期"), validators=[InputRequired(_l("请填写发现日期"))])
    note = TextAreaField(_l("情况说明"), validators=[Length(max=500, message=_l("最多 500 字"))])
    photo = FileField(_l("照片"))

    def house_numbers(self) -> list[str]:
        """The house numbers, each once, in the order typed."""
        parts = (part.strip() for part in _HOUSES.split(self.households.data or ""))
        return list(dict.fromkeys(part for part in parts if part))

    def check_against(self, rule: Rule) -> bool:
        """Check what this rule needs: a count, house numbers, a figure. Messages stand beside the fields."""
        houses = self.house_numbers()
        if len(houses) > MAX_HOUSES or any(len(house) > MAX_HOUSE_LENGTH for house in houses):
            self._refuse(self.households, gettext("最多 300 户，每个门牌号最多 30 字"))
        if houses and self.quantity.number is not None and self.quantity.number != len(houses):
            self._refuse(self.quantity, gettext("户数与所列门牌号不符：列了 %(count)s 户", count=len(houses)))
        if not houses and self.quantity.number is None and not self.is_unknown.data:
            self._refuse(self.quantity, gettext("请填写数量；确实不清楚的，勾选“数量待核实”"))
        if rule.kind is RuleKind.PROPORTIONAL and rule.target is None and self.out_of.number is None:
            self._refuse(self.out_of, gettext("请填写总数"))
        is_count = rule.kind not in READING_KINDS
        if is_count and self.quantity.number is not None and self.quantity.number % 1 != ZERO:
            self._refuse(self.quantity, gettext("请填写整数"))
        return not self.errors

    def counted(self) -> Decimal | None:
        """How many; None if nobody knows."""
        houses = self.house_numbers()
        if houses:
            return Decimal(len(houses))
        return None if self.is_unknown.data else self.quantity.number

    @staticmethod
    def _refuse(field: Any, text: str) -> None:
        field.errors = [*field.errors, text]


class OfficeFactForm(FindingForm):
    """An outside event, or a correction, as the office records it (考核办登记)."""

    rule_code = SelectField(_l("适用规则"), validators=[InputRequired(_l("请选择适用规则"))])
    unit_id = SelectField(_l("单位"), validators=[InputRequired(_l("请选择单位"))])
    document_name = StringField(
        _l("文件名称或来源"),
        description=_l("通报、表扬、曝光的文件名称和文号"),
        validators=[DataRequired(_l("请填写文件名称或来源")), Length(max=200, message=_l("最多 200 字"))],
    )
    noticed_on = DateField(_l("通报日期"), validators=[Optional()])
    exposed_on = DateField(_l("曝光日期"), validators=[Optional()])
    condition = SelectField(
        _l("计分条件是否成立"),
        choices=[
            SelectChoice("", _l("尚未认定")),
            SelectChoice("yes", _l("成立")),
            SelectChoice("no", _l("不成立")),
        ],
        validate_choice=False,  # schemes without conditions do not show the field
    )


class WithdrawForm(FlaskForm):
    """Why a record is taken back (撤销理由)."""

    reason = TextAreaField(
        _l("撤销理由"),
        validators=[DataRequired(_l("请填写撤销理由")), Length(max=500, message=_l("最多 500 字"))],
    )


class BaseAmountsForm(FlaskForm):
    """The base subsidy of this round (本期补助基数)."""

    version = HiddenField()
    default = NumberField(_l("每个单位的补助基数"), description=_l("留空表示未定：结算金额将显示为未定"))
    own = TextAreaField(
        _l("单独核定的单位"),
        description=_l("每行一个：单位名称 金额。没有列出的按上面的数额"),
        validators=[Length(max=20_000)],
    )


class VersionForm(FlaskForm):
    """A new version of a scheme's rules from a file (上传新版本)."""

    file = FileField(_l("考核办法文件"), validators=[InputRequired(_l("请选择文件"))])
    effective_from = DateField(_l("生效日期"), validators=[InputRequired(_l("请填写生效日期"))])


# --- the re-check sheet ---------------------------------------------------------------------------------------------


def score_name(code: str) -> str:
    """The name of a score's input."""
    return f"score-{code}"


def read_scores(
    rules: Sequence[Rule], typed: Mapping[str, str], *, is_complete: bool
) -> tuple[dict[str, Decimal | None], dict[str, str]]:
    """Return the scores that are sound by rule code, and a message for each that is not."""
    scores: dict[str, Decimal | None] = {}
    errors: dict[str, str] = {}
    for rule in rules:
        full = rule.full_score or ZERO
        try:
            scores[rule.code] = read_number(typed.get(score_name(rule.code), ""), most=full)
        except ValueError:
            errors[rule.code] = gettext("请填写 0 至 %(full)s 之间的数", full=plain(full))
            continue
        if is_complete and scores[rule.code] is None:
            errors[rule.code] = gettext("还没有评分")
    return scores, errors


def condition_attributes(condition: Condition | None, *, is_met: bool) -> dict[str, Any]:
    """What to write into a fact so that its condition is met, or surely not; empty if there is no condition.

    A person decides on the condition as a whole (成立、不成立); the comparisons say which attribute that means.
    """
    found: dict[str, Any] = {}
    for comparison in _comparisons(condition):
        if comparison.comparison == "equals":
            value = comparison.values[0]
            found[comparison.attribute] = value if is_met else (not value if isinstance(value, bool) else "")
    return found


def _comparisons(condition: Condition | None) -> list[Comparison]:
    if condition is None or isinstance(condition, Negation):
        return []
    if isinstance(condition, Comparison):
        return [condition]
    parts = condition.conditions if isinstance(condition, AllOf | AnyOf) else ()
    return [comparison for part in parts for comparison in _comparisons(part)]


def read_own_amounts(form: BaseAmountsForm, codes: Mapping[str, str]) -> dict[str, Decimal] | None:
    """Return the amounts of single units by unit code; None, with a message beside the field, if a line is wrong."""
    amounts: dict[str, Decimal] = {}
    for number, line in enumerate((form.own.data or "").splitlines(), start=1):
        name, _, text = line.strip().rpartition(" ")
        if not line.strip():
            continue
        try:
            amount = read_number(text)
        except ValueError:
            amount = None
        if amount is None or name.strip() not in codes:
            message = gettext("第 %(number)s 行不对：请写成“单位名称 金额”，单位须在本轮考核中", number=number)
            form.own.errors = [*form.own.errors, message]
            return None
        amounts[codes[name.strip()]] = amount
    return amounts
