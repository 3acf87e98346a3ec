"""What group robots and e-mail are told of, and how the pages call it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from flask_babel import lazy_gettext as _l

from saas.notifications.models import ChannelKind, DeliveryStatus


class NoticeKind(StrEnum):
    """What a message is about. Stored in the database: never rename a value."""

    REMINDER = "reminder"  # 催报
    OVERDUE = "overdue"  # 逾期
    RETURNED = "returned"  # 退回
    ASSIGNED = "assigned"  # 下发
    PUBLISHED = "published"  # 通报


NOTICE_LABELS: Mapping[NoticeKind, object] = {
    NoticeKind.REMINDER: _l("截止前催报"),
    NoticeKind.OVERDUE: _l("逾期未报"),
    NoticeKind.RETURNED: _l("材料退回"),
    NoticeKind.ASSIGNED: _l("任务下发"),
    NoticeKind.PUBLISHED: _l("考核通报"),
}

CHANNEL_LABELS: Mapping[ChannelKind, object] = {
    ChannelKind.DINGTALK: _l("钉钉群机器人"),
    ChannelKind.WECOM: _l("企业微信群机器人"),
    ChannelKind.FEISHU: _l("飞书群机器人"),
    ChannelKind.EMAIL: _l("电子邮箱"),
}

DELIVERY_LABELS: Mapping[DeliveryStatus, tuple[object, str, str]] = {  # word, tone, sign
    DeliveryStatus.WAITING: (_l("待发送"), "info", "clock"),
    DeliveryStatus.SENT: (_l("已发送"), "success", "check"),
    DeliveryStatus.FAILED: (_l("未发出"), "danger", "alert"),
}
