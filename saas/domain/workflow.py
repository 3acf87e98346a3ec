"""Where things stand and what may be done next: one table of moves for each kind of thing (流程).

Adding a move is adding a line; buttons, guards and tests read the same tables. Editing is a move too, which is what
makes a signed thing final. Who decides in between, and in which order, is a route: see `routes`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeAlias, TypeVar

from saas.domain.errors import InvalidTransition

S = TypeVar("S", bound=StrEnum)
A = TypeVar("A", bound=StrEnum)
Moves: TypeAlias = Mapping[tuple[S, A], S]


def next_status(moves: Moves[S, A], status: S, action: A) -> S:
    """Return the status after `action`, or raise InvalidTransition."""
    try:
        return moves[status, action]
    except KeyError:
        raise InvalidTransition("当前状态“{status}”不允许“{action}”", status=status, action=action) from None


def allowed_actions(moves: Moves[S, A], status: S) -> set[A]:
    """Return what may be done next; templates show exactly these buttons."""
    return {action for (start, action) in moves if start is status}


# --- a submission (填报) -------------------------------------------------------------------------------------------


class SubmissionStatus(StrEnum):
    """Where a submission stands. Stored in the database: never rename a value."""

    DRAFT = "draft"  # 草稿
    SUBMITTED = "submitted"  # 已报送
    RETURNED = "returned"  # 已退回
    REVIEWED = "reviewed"  # 已审核
    SIGNED_OFF = "signed_off"  # 已签批


class SubmissionAction(StrEnum):
    """What is done with a submission."""

    EDIT = "edit"  # 填写
    SUBMIT = "submit"  # 报送
    DECLARE_NOT_APPLICABLE = "declare_not_applicable"  # 申报不适用: submitted without answers
    WITHDRAW = "withdraw"  # 撤回, by the submitter before anybody reviewed it
    RETURN = "return"  # 退回
    APPROVE = "approve"  # 审核通过, once for each reviewing step
    SIGN_OFF = "sign_off"  # 签批


SUBMISSION_MOVES: Moves[SubmissionStatus, SubmissionAction] = {
    (SubmissionStatus.DRAFT, SubmissionAction.EDIT): SubmissionStatus.DRAFT,
    (SubmissionStatus.DRAFT, SubmissionAction.SUBMIT): SubmissionStatus.SUBMITTED,
    (SubmissionStatus.DRAFT, SubmissionAction.DECLARE_NOT_APPLICABLE): SubmissionStatus.SUBMITTED,
    (SubmissionStatus.RETURNED, SubmissionAction.EDIT): SubmissionStatus.RETURNED,
    (SubmissionStatus.RETURNED, SubmissionAction.SUBMIT): SubmissionStatus.SUBMITTED,
    (SubmissionStatus.RETURNED, SubmissionAction.DECLARE_NOT_APPLICABLE): SubmissionStatus.SUBMITTED,
    (SubmissionStatus.SUBMITTED, SubmissionAction.WITHDRAW): SubmissionStatus.DRAFT,
    (SubmissionStatus.SUBMITTED, SubmissionAction.RETURN): SubmissionStatus.RETURNED,
    (SubmissionStatus.SUBMITTED, SubmissionAction.APPROVE): SubmissionStatus.REVIEWED,
    (SubmissionStatus.REVIEWED, SubmissionAction.APPROVE): SubmissionStatus.REVIEWED,
    (SubmissionStatus.REVIEWED, SubmissionAction.RETURN): SubmissionStatus.RETURNED,
    (SubmissionStatus.REVIEWED, SubmissionAction.SIGN_OFF): SubmissionStatus.SIGNED_OFF,
}


# --- a plan (方案) -------------------------------------------------------------------------------------------------


class PlanStatus(StrEnum):
    """Where a plan stands. Stored in the database: never rename a value."""

    DRAFT = "draft"  # 起草
    IN_REVIEW = "in_review"  # 会签、审核中
    RETURNED = "returned"  # 已退回
    SIGNED = "signed"  # 已签发
    ISSUED = "issued"  # 已印发


class PlanAction(StrEnum):
    """What is done with a plan."""

    EDIT = "edit"  # 修改
    SUBMIT = "submit"  # 送审
    WITHDRAW = "withdraw"  # 撤回
    RETURN = "return"  # 退回
    APPROVE = "approve"  # 会签、审核通过
    SIGN = "sign"  # 签发
    ISSUE = "issue"  # 印发, with its number


PLAN_MOVES: Moves[PlanStatus, PlanAction] = {
    (PlanStatus.DRAFT, PlanAction.EDIT): PlanStatus.DRAFT,
    (PlanStatus.DRAFT, PlanAction.SUBMIT): PlanStatus.IN_REVIEW,
    (PlanStatus.RETURNED, PlanAction.EDIT): PlanStatus.RETURNED,
    (PlanStatus.RETURNED, PlanAction.SUBMIT): PlanStatus.IN_REVIEW,
    (PlanStatus.IN_REVIEW, PlanAction.WITHDRAW): PlanStatus.DRAFT,
    (PlanStatus.IN_REVIEW, PlanAction.RETURN): PlanStatus.RETURNED,
    (PlanStatus.IN_REVIEW, PlanAction.APPROVE): PlanStatus.IN_REVIEW,
    (PlanStatus.IN_REVIEW, PlanAction.SIGN): PlanStatus.SIGNED,
    (PlanStatus.SIGNED, PlanAction.ISSUE): PlanStatus.ISSUED,
}


# --- an assessment round (考核轮次) ---------------------------------------------------------------------------------


class RoundStatus(StrEnum):
    """Where an assessment round stands. Stored in the database: never rename a value."""

    COLLECTING = "collecting"  # 自评、采集中
    RECHECKING = "rechecking"  # 复查中
    COMPUTED = "computed"  # 已计分
    PREVIEWED = "previewed"  # 已预览
    IN_REVIEW = "in_review"  # 审核中
    CONFIRMED = "confirmed"  # 已核定
    PUBLISHED = "published"  # 已发布


class RoundAction(StrEnum):
    """What is done with an assessment round."""

    START_RECHECK = "start_recheck"  # 开始复查
    COMPUTE = "compute"  # 计分, again as often as facts change
    PREVIEW = "preview"  # 预览
    REOPEN = "reopen"  # 重新复查
    SUBMIT = "submit"  # 送审
    WITHDRAW = "withdraw"  # 撤回
    RETURN = "return"  # 退回
    APPROVE = "approve"  # 审核通过
    CONFIRM = "confirm"  # 核定
    PUBLISH = "publish"  # 发布


ROUND_MOVES: Moves[RoundStatus, RoundAction] = {
    (RoundStatus.COLLECTING, RoundAction.START_RECHECK): RoundStatus.RECHECKING,
    (RoundStatus.COLLECTING, RoundAction.COMPUTE): RoundStatus.COMPUTED,  # a scheme without a re-check
    (RoundStatus.RECHECKING, RoundAction.COMPUTE): RoundStatus.COMPUTED,
    (RoundStatus.COMPUTED, RoundAction.COMPUTE): RoundStatus.COMPUTED,
    (RoundStatus.COMPUTED, RoundAction.REOPEN): RoundStatus.RECHECKING,
    (RoundStatus.COMPUTED, RoundAction.PREVIEW): RoundStatus.PREVIEWED,
    (RoundStatus.PREVIEWED, RoundAction.COMPUTE): RoundStatus.COMPUTED,
    (RoundStatus.PREVIEWED, RoundAction.REOPEN): RoundStatus.RECHECKING,
    (RoundStatus.PREVIEWED, RoundAction.SUBMIT): RoundStatus.IN_REVIEW,
    (RoundStatus.IN_REVIEW, RoundAction.WITHDRAW): RoundStatus.PREVIEWED,
    (RoundStatus.IN_REVIEW, RoundAction.RETURN): RoundStatus.PREVIEWED,
    (RoundStatus.IN_REVIEW, RoundAction.APPROVE): RoundStatus.IN_REVIEW,
    (RoundStatus.IN_REVIEW, RoundAction.CONFIRM): RoundStatus.CONFIRMED,
    (RoundStatus.CONFIRMED, RoundAction.PUBLISH): RoundStatus.PUBLISHED,
}


# --- a dated part of a task (任务分项) ------------------------------------------------------------------------------


class PartStatus(StrEnum):
    """Where a part of a task stands. Stored in the database: never rename a value."""

    OPEN = "open"  # 办理中
    REPORTED = "reported"  # 已报完成，待验收
    ACCEPTED = "accepted"  # 已验收


class PartAction(StrEnum):
    """What is done with a part of a task."""

    REPORT_PROGRESS = "report_progress"  # 反馈进展
    REPORT_DONE = "report_done"  # 报告完成
    RETURN = "return"  # 退回
    ACCEPT = "accept"  # 验收
    REPORT_CHECK = "report_check"  # 坚持经常: a standing check after acceptance
    REOPEN = "reopen"  # 反弹后重新办理


PART_MOVES: Moves[PartStatus, PartAction] = {
    (PartStatus.OPEN, PartAction.REPORT_PROGRESS): PartStatus.OPEN,
    (PartStatus.OPEN, PartAction.REPORT_DONE): PartStatus.REPORTED,
    (PartStatus.REPORTED, PartAction.RETURN): PartStatus.OPEN,
    (PartStatus.REPORTED, PartAction.ACCEPT): PartStatus.ACCEPTED,
    (PartStatus.ACCEPTED, PartAction.REPORT_CHECK): PartStatus.ACCEPTED,
    (PartStatus.ACCEPTED, PartAction.REOPEN): PartStatus.OPEN,
}
