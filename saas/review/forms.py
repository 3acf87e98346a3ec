"""Forms of review."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectField, TextAreaField
from wtforms.validators import DataRequired, Length

MAX_COMMENT = 500


class ApproveForm(FlaskForm):
    """Deciding for the thing (同意). The comment may stay empty: 「同意」 is then written on the sheet."""

    version = HiddenField()
    comment = TextAreaField(
        _l("审核意见"),
        validators=[Length(max=MAX_COMMENT, message=_l("意见最多 500 字"))],
        render_kw={"rows": 3, "maxlength": MAX_COMMENT},
    )


class ReturnForm(FlaskForm):
    """Sending the thing back (退回)."""

    version = HiddenField()
    to = SelectField(_l("退回到"), validators=[DataRequired(_l("请选择退回到哪个环节"))])
    reason = TextAreaField(
        _l("退回原因"),
        validators=[DataRequired(_l("请写明退回原因")), Length(max=MAX_COMMENT, message=_l("原因最多 500 字"))],
        render_kw={"rows": 3, "maxlength": MAX_COMMENT},
    )

    def __init__(self, targets: list[tuple[str, str]], reason: str = "") -> None:
        super().__init__(reason=reason[:MAX_COMMENT])
        self.to.choices = targets
        if not self.to.data and targets:
            self.to.data = targets[0][0]
