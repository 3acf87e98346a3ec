"""The form of a channel. Input only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, SelectField, SelectMultipleField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from saas.form_fields import name_field, stripped
from saas.notifications.channels import ChannelSettings
from saas.notifications.kinds import CHANNEL_LABELS, NOTICE_LABELS, NoticeKind
from saas.notifications.models import Channel, ChannelKind
from saas.org.models import OrgUnit

MAX_ADDRESS = 400


def _secret_field(label: Any, **options: Any) -> PasswordField:
    """Never shown again, and not offered to be remembered by the browser."""
    return PasswordField(
        label,
        filters=[stripped],
        render_kw={"autocomplete": "off", "maxlength": MAX_ADDRESS},
        **options,
    )


class EditChannelForm(FlaskForm):
    """A channel that is there (修改提醒渠道). Its address is not shown; an empty one stays as it is."""

    version = HiddenField()
    name = name_field(_l("名称"), _l("请填写名称"), 40, description=_l("如：青石镇工作群"))
    unit = SelectField(
        _l("关心哪个单位"),
        description=_l("这个单位和它下级单位的事发到群里"),
        validators=[DataRequired(_l("请选择单位"))],
    )
    kinds = SelectMultipleField(
        _l("发哪些提醒"),
        choices=[SelectChoice(kind.value, label) for kind, label in NOTICE_LABELS.items()],
        validators=[DataRequired(_l("至少选一种"))],
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )
    address = _secret_field(
        _l("机器人地址（Webhook）或邮箱"),
        description=_l("留空表示不修改。加密保存，保存后不再显示"),
        validators=[Optional(), Length(max=MAX_ADDRESS, message=_l("地址过长"))],
    )
    signing_key = _secret_field(
        _l("加签密钥"),
        description=_l("只有钉钉机器人选了“加签”才填，以 SEC 开头；更换地址时要一起填"),
        validators=[Optional(), Length(max=MAX_ADDRESS, message=_l("密钥过长"))],
    )

    def offer(self, units: Sequence[OrgUnit]) -> EditChannelForm:
        """Let these units be chosen."""
        names = Counter(unit.name for unit in units)
        self.unit.choices = [SelectChoice("", gettext("请选择"))]
        for unit in units:
            label = f"{unit.name}（{unit.code}）" if names[unit.name] > 1 else unit.name
            self.unit.choices.append(SelectChoice(str(unit.id), label))
        return self

    def settings(self, kind: ChannelKind, units: Sequence[OrgUnit]) -> ChannelSettings:
        """What was typed."""
        return ChannelSettings(
            name=self.name.data,
            kind=kind,
            unit_id=next(unit.id for unit in units if str(unit.id) == self.unit.data),
            kinds=[NoticeKind(kind) for kind in self.kinds.data],
            address=self.address.data or "",
            signing_key=self.signing_key.data or "",
        )


class ChannelForm(EditChannelForm):
    """A new channel (新建提醒渠道): also its kind, and the address must be given."""

    kind = SelectField(
        _l("发到哪里"),
        choices=[SelectChoice(kind.value, label) for kind, label in CHANNEL_LABELS.items()],
        validators=[DataRequired(_l("请选择"))],
    )
    address = _secret_field(
        _l("机器人地址（Webhook）或邮箱"),
        description=_l("粘贴机器人的完整地址，或只粘贴其中的令牌。加密保存，保存后不再显示"),
        validators=[DataRequired(_l("请填写地址")), Length(max=MAX_ADDRESS, message=_l("地址过长"))],
    )

    def __iter__(self) -> Any:
        """In the order in which one thinks of it."""
        order = ("version", "name", "kind", "address", "signing_key", "unit", "kinds", "csrf_token")
        return iter([self[name] for name in order if name in self])


def present(channel: Channel) -> dict[str, Any]:
    """The channel as the form shows it."""
    return {
        "version": channel.version,
        "name": channel.name,
        "unit": str(channel.unit_id),
        "kinds": list(channel.kinds),
    }
