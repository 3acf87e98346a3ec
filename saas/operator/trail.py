"""The operators' own trail (运维留痕): every act, each line with the digest of the line before.

The role may add lines and nothing else. A changed, removed or exchanged line is found by `find_break`, unless whoever
did it owned the database and computed every later line anew. `flask operators verify` prints the head, to be kept
elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC
from enum import StrEnum
from typing import Any

from flask import has_request_context, request
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from saas.db import utc_now
from saas.domain.canonical_json import digest, plain
from saas.operator.models import OperatorEvent
from saas.tenancy.models import Tenant

LOCK = 0x6F70_6572_6174
BEGINNING = "0" * 64


class OperatorAction(StrEnum):
    """`<thing>.<past tense>`. Stored in the database: never rename a value. Keep the list in alphabetical order."""

    COUNTY_CREATED = "county.created"
    COUNTY_EXPORTED = "county.exported"
    COUNTY_FOUNDED = "county.founded"
    COUNTY_HOST_MAPPED = "county.host_mapped"
    COUNTY_HOST_UNMAPPED = "county.host_unmapped"
    COUNTY_LEFT = "county.left"
    COUNTY_MEASURED = "county.measured"
    COUNTY_MOVED = "county.moved"
    COUNTY_QUOTA_CHANGED = "county.quota_changed"
    COUNTY_RENAMED = "county.renamed"
    COUNTY_RESTORED = "county.restored"
    COUNTY_RESUMED = "county.resumed"
    COUNTY_SUSPENDED = "county.suspended"
    OPERATOR_ADDED = "operator.added"
    OPERATOR_DISABLED = "operator.disabled"
    OPERATOR_ENABLED = "operator.enabled"
    OPERATOR_LOCKED = "operator.locked"
    OPERATOR_PASSWORD_CHANGED = "operator.password_changed"  # noqa: S105  (the name of an event)
    OPERATOR_PASSWORD_RESET = "operator.password_reset"  # noqa: S105  (as above)
    OPERATOR_SIGNED_IN = "operator.signed_in"
    OPERATOR_SIGNED_OUT = "operator.signed_out"
    OPERATOR_SIGN_IN_FAILED = "operator.sign_in_failed"


LABELS: Mapping[OperatorAction, object] = {
    OperatorAction.COUNTY_CREATED: _l("登记县（区）"),
    OperatorAction.COUNTY_EXPORTED: _l("导出县（区）数据"),
    OperatorAction.COUNTY_FOUNDED: _l("开通县（区）"),
    OperatorAction.COUNTY_HOST_MAPPED: _l("绑定域名"),
    OperatorAction.COUNTY_HOST_UNMAPPED: _l("解除域名"),
    OperatorAction.COUNTY_LEFT: _l("县（区）退出"),
    OperatorAction.COUNTY_MEASURED: _l("统计用量"),
    OperatorAction.COUNTY_MOVED: _l("更换地址"),
    OperatorAction.COUNTY_QUOTA_CHANGED: _l("调整配额"),
    OperatorAction.COUNTY_RENAMED: _l("更名"),
    OperatorAction.COUNTY_RESTORED: _l("恢复县（区）数据"),
    OperatorAction.COUNTY_RESUMED: _l("恢复使用"),
    OperatorAction.COUNTY_SUSPENDED: _l("暂停使用"),
    OperatorAction.OPERATOR_ADDED: _l("添加运维人员"),
    OperatorAction.OPERATOR_DISABLED: _l("停用运维人员"),
    OperatorAction.OPERATOR_ENABLED: _l("启用运维人员"),
    OperatorAction.OPERATOR_LOCKED: _l("账号锁定"),
    OperatorAction.OPERATOR_PASSWORD_CHANGED: _l("修改密码"),
    OperatorAction.OPERATOR_PASSWORD_RESET: _l("重置密码"),
    OperatorAction.OPERATOR_SIGNED_IN: _l("登录"),
    OperatorAction.OPERATOR_SIGNED_OUT: _l("退出"),
    OperatorAction.OPERATOR_SIGN_IN_FAILED: _l("登录失败"),
}


# How the trail names what is noted beside an act.
DETAILS: Mapping[str, object] = {
    "administrators": _l("管理员"),
    "archive_sha256": _l("数据文件摘要"),
    "audit_head": _l("审计日志末条"),
    "before": _l("原为"),
    "files": _l("文件数"),
    "from_slug": _l("原地址"),
    "host": _l("域名"),
    "leaving": _l("退出平台"),
    "login_name": _l("账号"),
    "max_jobs_in_flight": _l("后台任务上限"),
    "max_storage_bytes": _l("存储上限（字节）"),
    "max_users": _l("账号上限"),
    "name": _l("名称"),
    "operator": _l("运维账号"),
    "reason": _l("原因"),
    "rows": _l("行数"),
    "sha256": _l("摘要"),
}


@dataclass(frozen=True, slots=True)
class TrailHead:
    """Where the trail ends: how many lines, and the digest of the last one."""

    number: int
    digest: str


def record_event(
    session: Session, action: OperatorAction, *, actor: str, county: Tenant | None = None, **details: Any
) -> OperatorEvent:
    """Add one line, in the transaction of the act itself. `details` are plain values without content of a county."""
    session.flush()
    session.execute(select(func.pg_advisory_xact_lock(LOCK)))  # one writer at a time: the lines form one chain
    head = find_head(session)
    event = OperatorEvent(
        number=head.number + 1,
        at=utc_now(),
        action=action.value,
        actor=actor,
        tenant_id=county.id if county is not None else None,
        slug=county.slug if county is not None else "",
        address=(request.remote_addr or "") if has_request_context() else "",
        details=plain(details),
        previous_digest=head.digest,
    )
    event.digest = _digest_of(event)
    session.add(event)
    session.flush()
    return event


def find_head(session: Session) -> TrailHead:
    """The end of the trail; of an empty one, its beginning."""
    last = session.execute(
        select(OperatorEvent.number, OperatorEvent.digest).order_by(OperatorEvent.number.desc()).limit(1)
    ).one_or_none()
    return TrailHead(last.number, last.digest) if last else TrailHead(0, BEGINNING)


def find_break(session: Session) -> int | None:
    """The number of the first line that does not follow from the one before, or None if the trail is whole."""
    return first_break(session.scalars(select(OperatorEvent).order_by(OperatorEvent.number)).yield_per(1000))


def first_break(events: Iterable[OperatorEvent]) -> int | None:
    """The number of the first line that does not follow from the one before it, or None."""
    number, last = 0, BEGINNING
    for event in events:
        if event.number != number + 1 or event.previous_digest != last or event.digest != _digest_of(event):
            return number + 1
        number, last = event.number, event.digest
    return None


def _digest_of(event: OperatorEvent) -> str:
    """The digest of a line with all its columns, and through the one before with all lines before it."""
    return digest(
        {
            "number": event.number,
            "at": event.at.astimezone(UTC).isoformat(),
            "action": event.action,
            "actor": event.actor,
            "tenant_id": str(event.tenant_id or ""),
            "slug": event.slug,
            "address": event.address,
            "details": event.details,
            "previous": event.previous_digest,
        }
    )
