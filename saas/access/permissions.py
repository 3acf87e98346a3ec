"""Who may do what, as one table. Read it as the permission matrix (权限矩阵)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from flask_babel import lazy_gettext as _l


class Permission(StrEnum):
    """`<thing>:<action>`. Keep the list in alphabetical order."""

    ACCOUNT_EDIT = "account:edit"  # 维护账号
    ACCOUNT_VIEW = "account:view"  # 查看账号
    ASSESSMENT_CONFIGURE = "assessment:configure"  # 配置考核方案
    ASSESSMENT_RECHECK = "assessment:recheck"  # 复核打分
    ASSESSMENT_RUN = "assessment:run"  # 组织考核
    ASSESSMENT_VIEW = "assessment:view"  # 查看考核
    AUDIT_VIEW = "audit:view"  # 查看审计日志
    BODY_EDIT = "body:edit"  # 维护议事机构
    CASE_DECIDE = "case:decide"  # 审核签批
    CASE_VIEW = "case:view"  # 查看审签
    COLLECTION_EDIT = "collection:edit"  # 布置填报
    DOCUMENT_ISSUE = "document:issue"  # 制发公文
    DOCUMENT_VIEW = "document:view"  # 查看公文
    FORM_APPROVE = "form:approve"  # 批准收集
    FORM_EDIT = "form:edit"  # 设计表单
    FORM_VIEW = "form:view"  # 查看表单
    HOME_VIEW = "home:view"  # 首页与本人账号
    ORG_EDIT = "org:edit"  # 维护组织机构
    ORG_VIEW = "org:view"  # 查看组织机构
    PLAN_EDIT = "plan:edit"  # 起草方案
    PLAN_REPORT = "plan:report"  # 填报任务进展
    PLAN_VIEW = "plan:view"  # 查看方案
    SETTINGS_EDIT = "settings:edit"  # 县级设置
    SUBMISSION_EDIT = "submission:edit"  # 填报
    SUBMISSION_VIEW = "submission:view"  # 查看填报
    TARGET_REPORT = "target:report"  # 填报指标数据


class Role(StrEnum):
    """What a post lets its holder do. Stored in the database: never rename a value."""

    SYSTEM_ADMIN = "system_admin"  # 系统管理员
    SECURITY_ADMIN = "security_admin"  # 安全管理员
    AUDITOR = "auditor"  # 审计管理员
    OFFICE = "office"  # 县级办公室
    DEPARTMENT = "department"  # 部门经办人
    LEADER = "leader"  # 签发领导
    TOWN_OFFICER = "town_officer"  # 乡镇（街道）审核人
    VILLAGE_CLERK = "village_clerk"  # 村（社区）填报人
    INSPECTOR = "inspector"  # 检查人员


# How the matrix page and the forms name them.
PERMISSION_LABELS: Mapping[Permission, object] = {
    Permission.ACCOUNT_EDIT: _l("维护账号"),
    Permission.ACCOUNT_VIEW: _l("查看账号"),
    Permission.ASSESSMENT_CONFIGURE: _l("配置考核方案"),
    Permission.ASSESSMENT_RECHECK: _l("复核打分"),
    Permission.ASSESSMENT_RUN: _l("组织考核"),
    Permission.ASSESSMENT_VIEW: _l("查看考核"),
    Permission.AUDIT_VIEW: _l("查看审计日志"),
    Permission.BODY_EDIT: _l("维护议事机构"),
    Permission.CASE_DECIDE: _l("审核签批"),
    Permission.CASE_VIEW: _l("查看审签"),
    Permission.COLLECTION_EDIT: _l("布置填报"),
    Permission.DOCUMENT_ISSUE: _l("制发公文"),
    Permission.DOCUMENT_VIEW: _l("查看公文"),
    Permission.FORM_APPROVE: _l("批准收集"),
    Permission.FORM_EDIT: _l("设计表单"),
    Permission.FORM_VIEW: _l("查看表单"),
    Permission.HOME_VIEW: _l("首页与本人账号"),
    Permission.ORG_EDIT: _l("维护组织机构"),
    Permission.ORG_VIEW: _l("查看组织机构"),
    Permission.PLAN_EDIT: _l("起草方案"),
    Permission.PLAN_REPORT: _l("填报任务进展"),
    Permission.PLAN_VIEW: _l("查看方案"),
    Permission.SETTINGS_EDIT: _l("县级设置"),
    Permission.SUBMISSION_EDIT: _l("填报"),
    Permission.SUBMISSION_VIEW: _l("查看填报"),
    Permission.TARGET_REPORT: _l("填报指标数据"),
}

ROLE_LABELS: Mapping[Role, object] = {
    Role.SYSTEM_ADMIN: _l("系统管理员"),
    Role.SECURITY_ADMIN: _l("安全管理员"),
    Role.AUDITOR: _l("审计管理员"),
    Role.OFFICE: _l("县级办公室"),
    Role.DEPARTMENT: _l("部门经办人"),
    Role.LEADER: _l("签发领导"),
    Role.TOWN_OFFICER: _l("乡镇（街道）审核人"),
    Role.VILLAGE_CLERK: _l("村（社区）填报人"),
    Role.INSPECTOR: _l("检查人员"),
}

ADMINISTRATORS = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR})

_EVERYONE = frozenset({Permission.HOME_VIEW})
_READERS = _EVERYONE | {
    Permission.ASSESSMENT_VIEW,
    Permission.DOCUMENT_VIEW,
    Permission.FORM_VIEW,
    Permission.ORG_VIEW,
    Permission.PLAN_VIEW,
    Permission.SUBMISSION_VIEW,
}

# The three administrators are disjoint (三员分立, GB/T 22239 8.1.4.2 d): none of them fills, reviews or signs.
GRANTS: Mapping[Role, frozenset[Permission]] = {
    Role.SYSTEM_ADMIN: _EVERYONE
    | {
        Permission.ACCOUNT_VIEW,
        Permission.ASSESSMENT_CONFIGURE,
        Permission.ASSESSMENT_VIEW,
        Permission.BODY_EDIT,
        Permission.COLLECTION_EDIT,
        Permission.FORM_EDIT,
        Permission.FORM_VIEW,
        Permission.ORG_EDIT,
        Permission.ORG_VIEW,
        Permission.SETTINGS_EDIT,
    },
    Role.SECURITY_ADMIN: _EVERYONE | {Permission.ACCOUNT_EDIT, Permission.ACCOUNT_VIEW, Permission.ORG_VIEW},
    Role.AUDITOR: _EVERYONE | {Permission.AUDIT_VIEW},
    Role.OFFICE: _READERS
    | {
        Permission.ASSESSMENT_CONFIGURE,
        Permission.ASSESSMENT_RECHECK,
        Permission.ASSESSMENT_RUN,
        Permission.BODY_EDIT,
        Permission.CASE_DECIDE,
        Permission.CASE_VIEW,
        Permission.COLLECTION_EDIT,
        Permission.DOCUMENT_ISSUE,
        Permission.FORM_APPROVE,
        Permission.PLAN_EDIT,
        Permission.TARGET_REPORT,
    },
    Role.DEPARTMENT: _READERS
    | {
        Permission.CASE_DECIDE,
        Permission.CASE_VIEW,
        Permission.PLAN_REPORT,
        Permission.SUBMISSION_EDIT,  # its own, and of others where a collection says so (代填)
        Permission.TARGET_REPORT,
    },
    Role.LEADER: _READERS | {Permission.CASE_DECIDE, Permission.CASE_VIEW},
    Role.TOWN_OFFICER: _READERS
    | {
        Permission.ASSESSMENT_RECHECK,
        Permission.CASE_DECIDE,
        Permission.CASE_VIEW,
        Permission.PLAN_REPORT,
        Permission.SUBMISSION_EDIT,
        Permission.TARGET_REPORT,
    },
    Role.VILLAGE_CLERK: _READERS | {Permission.CASE_VIEW, Permission.PLAN_REPORT, Permission.SUBMISSION_EDIT},
    Role.INSPECTOR: _READERS | {Permission.ASSESSMENT_RECHECK},
}


def permits(roles: Iterable[Role], permission: Permission) -> bool:
    """Return whether any of the roles grants the permission. There is no super-role."""
    return any(permission in GRANTS[role] for role in roles)


def roles_conflict(roles: Iterable[Role]) -> bool:
    """Return whether one person may not hold these together: an administrator's role stands alone (三员分立)."""
    held = frozenset(roles)
    return bool(held & ADMINISTRATORS) and len(held) > 1


def roles_with(permission: Permission) -> frozenset[Role]:
    """Return the roles that grant the permission."""
    return frozenset(role for role, granted in GRANTS.items() if permission in granted)
