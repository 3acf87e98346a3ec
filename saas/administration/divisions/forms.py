"""Forms of the wizard. Input only."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField

from saas.administration.org.forms import day_field


class ApplyForm(FlaskForm):
    """From which day the new units exist."""

    version = HiddenField()
    starts_on = day_field(
        _l("自哪天起设立"), description=_l("填报、考核从这一天起才有这些单位；补录历史时填过去的日期")
    )
