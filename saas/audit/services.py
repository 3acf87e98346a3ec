"""Writing the audit trail."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Protocol

from flask import has_request_context, request
from flask_babel import lazy_gettext as _l

from saas.audit.models import AuditEvent
from saas.db import Base, db, utc_now


class AuditAction(StrEnum):
    """`<thing>.<past tense>`. Stored in the database: never rename a value. Keep the list in alphabetical order."""

    ACCOUNT_CHANGED = "account.changed"
    ACCOUNT_CREATED = "account.created"
    ACCOUNT_DISABLED = "account.disabled"
    ACCOUNT_EDITED = "account.edited"
    ACCOUNT_ENABLED = "account.enabled"
    ACCOUNT_LOCKED = "account.locked"
    ACCOUNT_PASSWORD_CHANGED = "account.password_changed"  # noqa: S105  (the name of an event)
    ACCOUNT_PASSWORD_RESET = "account.password_reset"  # noqa: S105  (the name of an event)
    ACCOUNT_SIGNED_IN = "account.signed_in"
    ACCOUNT_SIGNED_OUT = "account.signed_out"
    ACCOUNT_SIGN_IN_FAILED = "account.sign_in_failed"
    ACCOUNT_UNLOCKED = "account.unlocked"
    APPOINTMENT_CHANGED = "appointment.changed"
    BODY_CHANGED = "body.changed"
    BODY_ESTABLISHED = "body.established"
    BODY_TEMPLATE_CHANGED = "body_template.changed"
    CASE_APPROVED = "case.approved"
    CASE_REROUTED = "case.rerouted"
    CASE_RETURNED = "case.returned"
    CASE_STARTED = "case.started"
    CASE_WITHDRAWN = "case.withdrawn"
    CHANNEL_CHANGED = "channel.changed"
    COHORT_CHANGED = "cohort.changed"
    COLLECTION_CHANGED = "collection.changed"
    COLLECTION_WINDOW_CHANGED = "collection.window_changed"
    COMPILATION_SUBMITTED = "compilation.submitted"
    COMPILATION_URGED = "compilation.urged"
    DATA_EXPORTED = "data.exported"
    DATA_IMPORTED = "data.imported"
    DELEGATION_CHANGED = "delegation.changed"
    DOCUMENT_DOWNLOADED = "document.downloaded"
    DOCUMENT_REQUESTED = "document.requested"
    FACT_RECORDED = "fact.recorded"
    FACT_WITHDRAWN = "fact.withdrawn"
    FORM_APPROVED = "form.approved"
    FORM_CHANGED = "form.changed"
    FORM_PUBLISHED = "form.published"
    HIERARCHY_CHANGED = "hierarchy.changed"
    LINK_CHANGED = "link.changed"
    MEETING_RECORDED = "meeting.recorded"
    PACK_APPLIED = "pack.applied"
    PACK_ROLLED_BACK = "pack.rolled_back"
    PHONE_VIEWED = "phone.viewed"
    PLAN_CHANGED = "plan.changed"
    PLAN_ISSUED = "plan.issued"
    PLAN_SIGNED = "plan.signed"
    POST_CHANGED = "post.changed"
    RECORD_CHANGED = "record.changed"
    RECORD_LINKED = "record.linked"
    RECORD_MOVED = "record.moved"
    RECORD_OPENED = "record.opened"
    RECORD_READ = "record.read"
    REGISTER_CHANGED = "register.changed"
    REORGANISATION_CHANGED = "reorganisation.changed"
    REORGANISATION_CONFIRMED = "reorganisation.confirmed"
    REORGANISATION_UNDONE = "reorganisation.undone"
    REORGANISATION_WITHDRAWN = "reorganisation.withdrawn"
    ROUND_CHANGED = "round.changed"
    ROUND_COMPUTED = "round.computed"
    ROUND_PUBLISHED = "round.published"
    SCHEME_PUBLISHED = "scheme.published"
    SESSION_ENDED = "session.ended"
    SETTINGS_CHANGED = "settings.changed"
    SUBMISSION_ANSWERED = "submission.answered"
    SUBMISSION_ASKED = "submission.asked"
    SUBMISSION_EXPLAINED = "submission.explained"
    SUBMISSION_RETURNED = "submission.returned"
    SUBMISSION_SAVED = "submission.saved"
    SUBMISSION_SIGNED_OFF = "submission.signed_off"
    SUBMISSION_SUBMITTED = "submission.submitted"
    SUBMISSION_WITHDRAWN = "submission.withdrawn"
    TARGET_REPORTED = "target.reported"
    TASK_ACCEPTED = "task.accepted"
    TASK_REPORTED = "task.reported"
    UNIT_CHANGED = "unit.changed"


# How the audit page names them.
ACTION_LABELS: Mapping[AuditAction, object] = {
    AuditAction.ACCOUNT_CHANGED: _l("修改人员"),
    AuditAction.ACCOUNT_CREATED: _l("登记人员"),
    AuditAction.ACCOUNT_DISABLED: _l("停用账号"),
    AuditAction.ACCOUNT_EDITED: _l("修改人员信息"),
    AuditAction.ACCOUNT_ENABLED: _l("启用账号"),
    AuditAction.ACCOUNT_LOCKED: _l("账号锁定"),
    AuditAction.ACCOUNT_PASSWORD_CHANGED: _l("修改密码"),
    AuditAction.ACCOUNT_PASSWORD_RESET: _l("重置密码"),
    AuditAction.ACCOUNT_SIGNED_IN: _l("登录"),
    AuditAction.ACCOUNT_SIGNED_OUT: _l("退出"),
    AuditAction.ACCOUNT_SIGN_IN_FAILED: _l("登录失败"),
    AuditAction.ACCOUNT_UNLOCKED: _l("解锁账号"),
    AuditAction.APPOINTMENT_CHANGED: _l("任职变更"),
    AuditAction.BODY_CHANGED: _l("议事机构变更"),
    AuditAction.BODY_ESTABLISHED: _l("确认成立议事机构"),
    AuditAction.BODY_TEMPLATE_CHANGED: _l("默认工作组变更"),
    AuditAction.CASE_APPROVED: _l("审签同意"),
    AuditAction.CASE_REROUTED: _l("审签回避转办"),
    AuditAction.CASE_RETURNED: _l("审签退回"),
    AuditAction.CASE_STARTED: _l("送审"),
    AuditAction.CASE_WITHDRAWN: _l("撤回送审"),
    AuditAction.CHANNEL_CHANGED: _l("提醒渠道变更"),
    AuditAction.COHORT_CHANGED: _l("单位名册变更"),
    AuditAction.COLLECTION_CHANGED: _l("填报任务变更"),
    AuditAction.COLLECTION_WINDOW_CHANGED: _l("调整填报时间"),
    AuditAction.COMPILATION_SUBMITTED: _l("汇总上报"),
    AuditAction.COMPILATION_URGED: _l("催报"),
    AuditAction.DATA_EXPORTED: _l("导出数据"),
    AuditAction.DATA_IMPORTED: _l("导入数据"),
    AuditAction.DELEGATION_CHANGED: _l("委托代办变更"),
    AuditAction.DOCUMENT_DOWNLOADED: _l("下载公文"),
    AuditAction.DOCUMENT_REQUESTED: _l("生成公文"),
    AuditAction.FACT_RECORDED: _l("记录考核事实"),
    AuditAction.FACT_WITHDRAWN: _l("撤销考核事实"),
    AuditAction.FORM_APPROVED: _l("批准收集"),
    AuditAction.FORM_CHANGED: _l("表单变更"),
    AuditAction.FORM_PUBLISHED: _l("发布表单"),
    AuditAction.HIERARCHY_CHANGED: _l("层级体系变更"),
    AuditAction.LINK_CHANGED: _l("联系变更"),
    AuditAction.MEETING_RECORDED: _l("登记会议"),
    AuditAction.PACK_APPLIED: _l("应用配置包"),
    AuditAction.PACK_ROLLED_BACK: _l("回退配置包"),
    AuditAction.PHONE_VIEWED: _l("查看手机号"),
    AuditAction.PLAN_CHANGED: _l("方案变更"),
    AuditAction.PLAN_ISSUED: _l("印发方案"),
    AuditAction.PLAN_SIGNED: _l("签发方案"),
    AuditAction.POST_CHANGED: _l("岗位变更"),
    AuditAction.RECORD_CHANGED: _l("修改台账记录"),
    AuditAction.RECORD_LINKED: _l("台账责任变更"),
    AuditAction.RECORD_MOVED: _l("台账记录流转"),
    AuditAction.RECORD_OPENED: _l("登记台账"),
    AuditAction.RECORD_READ: _l("查阅受保护信息"),
    AuditAction.REGISTER_CHANGED: _l("台账设置变更"),
    AuditAction.REORGANISATION_CHANGED: _l("拟定机构调整"),
    AuditAction.REORGANISATION_CONFIRMED: _l("确认机构调整"),
    AuditAction.REORGANISATION_UNDONE: _l("撤销已确认的机构调整"),
    AuditAction.REORGANISATION_WITHDRAWN: _l("作废机构调整草稿"),
    AuditAction.ROUND_CHANGED: _l("考核轮次变更"),
    AuditAction.ROUND_COMPUTED: _l("考核计分"),
    AuditAction.ROUND_PUBLISHED: _l("发布考核结果"),
    AuditAction.SCHEME_PUBLISHED: _l("发布考核方案"),
    AuditAction.SESSION_ENDED: _l("退出其他设备"),
    AuditAction.SETTINGS_CHANGED: _l("县级设置变更"),
    AuditAction.SUBMISSION_ANSWERED: _l("答复询问"),
    AuditAction.SUBMISSION_ASKED: _l("询问填报内容"),
    AuditAction.SUBMISSION_EXPLAINED: _l("补充疑点说明"),
    AuditAction.SUBMISSION_RETURNED: _l("填报被退回"),
    AuditAction.SUBMISSION_SAVED: _l("保存填报草稿"),
    AuditAction.SUBMISSION_SIGNED_OFF: _l("填报签批"),
    AuditAction.SUBMISSION_SUBMITTED: _l("报送"),
    AuditAction.SUBMISSION_WITHDRAWN: _l("撤回填报"),
    AuditAction.TARGET_REPORTED: _l("填报指标数据"),
    AuditAction.TASK_ACCEPTED: _l("验收任务"),
    AuditAction.TASK_REPORTED: _l("反馈任务进展"),
    AuditAction.UNIT_CHANGED: _l("单位变更"),
}


class HasId(Protocol):
    """Whoever acts: a user, or Flask-Login's stand-in for one."""

    @property
    def id(self) -> uuid.UUID: ...


def record(action: AuditAction, subject: Base | None, *, actor: HasId | None, **details: Any) -> None:
    """Add one line to the audit trail, in the same transaction as the change itself.

    `subject` is flushed first, so that its id is known. Without an actor it is the system's own doing. `details` are
    plain values; personal data and passwords do not belong there.
    """
    if subject is not None and getattr(subject, "id", None) is None:
        db.session.flush()
    db.session.add(
        AuditEvent(
            action=action.value,
            subject_type=subject.__tablename__ if subject is not None else "",
            subject_id=getattr(subject, "id", None),
            actor_id=actor.id if actor is not None else None,
            at=utc_now(),
            address=(request.remote_addr or "") if has_request_context() else "",
            details=details,
        )
    )
