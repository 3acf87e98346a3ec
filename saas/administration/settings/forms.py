"""The form of the county's settings. Input only."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, HiddenField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional, Regexp, ValidationError

from saas.tenancy.models import TenantSettings

AGENCY_CODE = Regexp(r"^[\u4e00-\u9fff]{1,20}$", message=_l("机关代字只能是汉字，最多 20 字"))
MAX_COPIED = 30
MAX_NAME = 60


def _stripped(text: str | None) -> str | None:
    return text.strip() if text else text


def _plain_lines(text: str | None) -> str | None:
    return text.replace("\r\n", "\n") if text else text


def split_names(text: str) -> list[str]:
    """The names of a text with one on each line, each once."""
    return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


def _name(label: Any, missing: Any, hint: Any) -> StringField:
    return StringField(
        label,
        description=hint,
        validators=[DataRequired(missing), Length(max=MAX_NAME, message=_l("最多 60 字"))],
        filters=[_stripped],
        render_kw={"maxlength": MAX_NAME},
    )


class SettingsForm(FlaskForm):
    """How the county presents itself on its documents (GB/T 9704-2012, 7.2 and 7.4)."""

    version = HiddenField()
    letterhead = _name(
        _l("发文机关标志"), _l("请填写发文机关标志"), _l("印在红头上，如 清禾县人民政府；不写“文件”二字")
    )
    has_document_word = BooleanField(_l("红头上印“文件”二字"))
    issuing_unit_name = _name(_l("发文机关署名"), _l("请填写发文机关署名"), _l("印在正文之后、成文日期之上"))
    agency_code = StringField(
        _l("机关代字"),
        description=_l("发文字号的开头，如 清政发〔2026〕3号 中的“清政发”"),
        validators=[DataRequired(_l("请填写机关代字")), AGENCY_CODE],
        filters=[_stripped],
        render_kw={"maxlength": 20},
    )
    bulletin_agency_code = StringField(
        _l("通报用机关代字"),
        description=_l("留空则与上面相同"),
        validators=[Optional(), AGENCY_CODE],
        filters=[_stripped],
        render_kw={"maxlength": 20},
    )
    printing_unit_name = _name(_l("印发机关"), _l("请填写印发机关"), _l("印在版记的最后一行"))
    copied_to = TextAreaField(
        _l("默认抄送机关"), description=_l("每行一个"), filters=[_plain_lines], render_kw={"rows": 5}
    )

    def validate_letterhead(self, field: Field) -> None:
        if field.data.endswith("文件"):
            raise ValidationError(gettext("这里不写“文件”二字，需要时勾选下面一项"))

    def validate_copied_to(self, field: Field) -> None:
        names = split_names(field.data or "")
        if len(names) > MAX_COPIED:
            raise ValidationError(gettext("抄送机关最多 %(n)s 个", n=MAX_COPIED))
        if any(len(name) > MAX_NAME for name in names):
            raise ValidationError(gettext("每个抄送机关最多 %(n)s 字", n=MAX_NAME))


def present(settings: TenantSettings) -> dict[str, Any]:
    """The settings as the form shows them."""
    return {
        "version": settings.version,
        "letterhead": settings.letterhead,
        "has_document_word": bool(settings.details.get("has_document_word")),
        "issuing_unit_name": settings.issuing_unit_name,
        "agency_code": settings.agency_code,
        "bulletin_agency_code": settings.details.get("bulletin_agency_code", ""),
        "printing_unit_name": settings.printing_unit_name,
        "copied_to": "\n".join(settings.copied_to),
    }
