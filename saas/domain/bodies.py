"""Bodies (领导小组、办公室、工作组、委员会): the order of their members, their composition, and what a meeting decides.

Roles, kinds and ways to fill a seat are the stored words of `saas.bodies.models`. A number of members that cannot be
told ("各乡镇妇联主席") is neither too small nor enough: the composition is undetermined (未定) then, never guessed.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from saas.domain.errors import DomainError, FormatError, Message, message
from saas.domain.name_order import stroke_key
from saas.domain.reading import Reader, read

K = TypeVar("K", bound=Hashable)

HEAD, MEMBER = "head", "member"
UNCOUNTED = frozenset({"adviser", "liaison"})  # they sit in, but do not count among the members and do not vote
ROLES = ("adviser", HEAD, "executive_deputy", "deputy", "secretary", MEMBER, "liaison")
_GROUP = dict(zip(ROLES, ("顾问", "组长", "常务副组长", "副组长", "秘书", "成员", "联络员"), strict=True))
_TITLES: Mapping[str, Mapping[str, str]] = {
    "office": dict(zip(ROLES, ("顾问", "主任", "常务副主任", "副主任", "秘书", "成员", "联络员"), strict=True)),
    "committee": dict(zip(ROLES, ("顾问", "主任", "常务副主任", "副主任", "秘书长", "委员", "联络员"), strict=True)),
    "other": dict(zip(ROLES, ("顾问", "负责人", "常务副职", "副职", "秘书", "成员", "联络员"), strict=True)),
}
MOST = 1000  # nobody asks for more members than this


def title_of(kind: str, role: str, own: str = "") -> str:
    """What a role is called in a body of this kind (组长 in a group, 主任 in an office), unless the seat says it."""
    return own or _TITLES.get(kind, _GROUP)[role]


# --- the order of a list ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ListedSeat:
    """A seat as it stands in a list. `person` is the name by which it sorts; "" for a unit and for a vacant seat."""

    role: str
    sort_order: int
    person: str = ""


S = TypeVar("S")


def in_order(seats: Iterable[tuple[ListedSeat, S]], *, by_strokes: bool = False) -> list[S]:
    """Return the seats in the order of a list of members: by role, then by the county's own sequence.

    With `by_strokes` members stand in the order of the strokes of their surnames (以姓氏笔画为序), those without a
    person after them; heads and deputies keep their rank.
    """

    def key(entry: tuple[ListedSeat, S]) -> tuple[int, int, Any, int]:
        seat = entry[0]
        if by_strokes and seat.role == MEMBER:
            return ROLES.index(seat.role), int(not seat.person), stroke_key(seat.person), seat.sort_order
        return ROLES.index(seat.role), 0, stroke_key(""), seat.sort_order

    return [seat for _, seat in sorted(seats, key=key)]


def nearest(found: Iterable[tuple[K, int]]) -> tuple[K, ...]:
    """Of the units with a function, given with their distance below the body's unit, return the nearest ones.

    "负责宣传工作的部门" of a county is its own department, not those of its towns. None found: undetermined; several
    at the same distance: all of them, in the order given.
    """
    listed = list(found)
    least = min((distance for _, distance in listed), default=0)
    return tuple(dict.fromkeys(unit for unit, distance in listed if distance == least))


# --- rules -----------------------------------------------------------------------------------------------------------


class Share(StrEnum):
    """How much of a number is needed."""

    MORE_THAN_HALF = "more_than_half"  # 过半数：必须超过，正好一半不算
    TWO_THIRDS = "two_thirds"  # 三分之二以上，含本数


class Majority(StrEnum):
    """How many votes carry a motion."""

    HALF_OF_PRESENT = "more_than_half_of_present"  # 到会人员过半数
    HALF_OF_ENTITLED = "more_than_half_of_entitled"  # 应到人员过半数
    TWO_THIRDS_OF_PRESENT = "two_thirds_of_present"  # 到会人员三分之二以上
    TWO_THIRDS_OF_ENTITLED = "two_thirds_of_entitled"  # 应到人员三分之二以上

    @property
    def share(self) -> Share:
        return Share.MORE_THAN_HALF if self.value.startswith("more") else Share.TWO_THIRDS

    @property
    def is_of_entitled(self) -> bool:
        return self.value.endswith("entitled")


@dataclass(frozen=True, slots=True)
class Range:
    """From `least` to `most`, both included; `most` None: no upper limit."""

    least: int
    most: int | None

    def __str__(self) -> str:
        if self.most is None:
            return f"不少于{self.least}"
        return str(self.least) if self.least == self.most else f"{self.least}至{self.most}"


@dataclass(frozen=True, slots=True)
class BodyRules:
    """What is asked of a body. `is_binding`: it may be established only as the rules say; else they are a reminder.

    `quorum` and `majority` None: the county has not said, so nothing is decided about meetings.
    """

    roles: Mapping[str, Range] = field(default_factory=dict)
    total: Range | None = None
    is_odd: bool = False
    is_binding: bool = False
    quorum: Share | None = None
    majority: Majority | None = None


_RULE_KEYS = {*ROLES, "total", "odd", "binding", "quorum", "majority"}


def rules_from_mapping(mapping: Mapping[str, Any]) -> BodyRules:
    """Read rules: `{role: [least, most]}`, `total`, `odd`, `binding`, `quorum`, `majority`. Raise FormatError."""
    reader = read(mapping, "", FormatError, _RULE_KEYS)
    return BodyRules(
        {role: _range(reader, role) for role in ROLES if role in reader.mapping},
        _range(reader, "total") if "total" in reader.mapping else None,
        reader.truth("odd", False),
        reader.truth("binding", False),
        reader.choice("quorum", Share) if "quorum" in reader.mapping else None,
        reader.choice("majority", Majority) if "majority" in reader.mapping else None,
    )


def _range(reader: Reader, key: str) -> Range:
    value = reader.mapping[key]
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise reader.fail(key, "“{key}”应为 [最少, 最多]", code="wrong_type", key=key)
    least, most = value
    if not _is_count(least) or not (most is None or _is_count(most)):
        raise reader.fail(key, "人数应为 0 到 {most} 的整数", code="wrong_type", most=MOST)
    if most is not None and most < least:
        raise reader.fail(key, "最多人数小于最少人数", code="bad_range")
    return Range(least, most)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST


def rules_to_mapping(rules: BodyRules) -> dict[str, Any]:
    """Return the mapping of rules, without what is not said; read again to equal rules."""
    mapping: dict[str, Any] = {role: [each.least, each.most] for role, each in rules.roles.items()}
    if rules.total is not None:
        mapping["total"] = [rules.total.least, rules.total.most]
    if rules.is_odd:
        mapping["odd"] = True
    if rules.is_binding:
        mapping["binding"] = True
    if rules.quorum is not None:
        mapping["quorum"] = rules.quorum.value
    if rules.majority is not None:
        mapping["majority"] = rules.majority.value
    return mapping


# --- composition -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Finding:
    """What the rules say of a composition. Not violated and yet found: it cannot be told (未定)."""

    role: str  # "" for the body as a whole
    is_violated: bool
    message: Message


def check_composition(seats: Iterable[tuple[str, int | None]], rules: BodyRules, *, kind: str) -> tuple[Finding, ...]:
    """Compare who sits in a body with its rules. Each seat: its role and how many fill it; None: cannot be told.

    A vacant seat counts 0; advisers and liaison officers do not count in the total. Nothing found: it is as asked.
    """
    counts: dict[str, list[int | None]] = {role: [] for role in ROLES}
    for role, count in seats:
        counts[role].append(count)
    found = [_compare(counts[role], limits, role, title_of(kind, role)) for role, limits in rules.roles.items()]
    everybody = [count for role, listed in counts.items() if role not in UNCOUNTED for count in listed]
    if rules.total is not None:
        found.append(_compare(everybody, rules.total, "", "总人数"))
    if rules.is_odd:
        found.append(_odd(everybody))
    return tuple(finding for finding in found if finding is not None)


def _compare(counts: Sequence[int | None], limits: Range, role: str, title: str) -> Finding | None:
    known = sum(count for count in counts if count is not None)
    said = {"title": title, "limits": limits, "known": known}
    if limits.most is not None and known > limits.most:
        return Finding(role, True, message("too_many", "{title}应为{limits}人，现有{known}人，多于规定", **said))
    if None in counts:
        return Finding(role, False, message("not_known", "{title}应为{limits}人，有席位的人数未定", **said))
    if known < limits.least:
        return Finding(role, True, message("too_few", "{title}应为{limits}人，现有{known}人，少于规定", **said))
    return None


def _odd(counts: Sequence[int | None]) -> Finding | None:
    if None in counts:
        return Finding("", False, message("odd_not_known", "总人数应为单数，有席位的人数未定"))
    total = sum(count for count in counts if count is not None)
    return None if total % 2 else Finding("", True, message("not_odd", "总人数应为单数，现有{total}人", total=total))


def blocks_establishing(findings: Iterable[Finding], rules: BodyRules) -> bool:
    """Whether a body may not be established (确认成立): the rules bind and are not certainly kept."""
    return rules.is_binding and bool(tuple(findings))


# --- meetings --------------------------------------------------------------------------------------------------------


def needed(base: int, share: Share) -> int:
    """The least whole number that is enough: 6 of 10 for more than half, 4 of 6 for two thirds or more."""
    return base // 2 + 1 if share is Share.MORE_THAN_HALF else -(-2 * base // 3)


def has_quorum(entitled: int, present: int, share: Share = Share.MORE_THAN_HALF) -> bool:
    """Whether enough of those entitled are present (法定人数). Exactly half is not more than half.

    Raises DomainError if the numbers cannot be.
    """
    if entitled < 1 or not 0 <= present <= entitled:
        raise DomainError("应到至少1人，实到不能超过应到", code="bad_attendance")
    return present >= needed(entitled, share)


def is_carried(in_favour: int, present: int, rule: Majority, *, entitled: int | None = None) -> bool:
    """Whether a motion is carried (通过). `entitled` is needed where the rule counts from it. Abstaining is not assent.

    Raises DomainError if there are more votes than people present.
    """
    if not 0 <= in_favour <= present:
        raise DomainError("赞成票不能多于实到人数", code="bad_votes")
    if rule.is_of_entitled:
        if entitled is None:
            raise DomainError("这条规则按应到人数计算，请填写应到人数", code="bad_attendance")
        return in_favour >= needed(entitled, rule.share)
    return present > 0 and in_favour >= needed(present, rule.share)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a meeting came to. None: undetermined, because no rule was set or no vote was recorded."""

    is_quorate: bool | None
    is_carried: bool | None
    reasons: tuple[Message, ...]


def meeting_outcome(entitled: int, present: int, votes: tuple[int, int, int], rules: BodyRules) -> Outcome:
    """Judge a meeting by the body's rules. `votes`: in favour, against, abstained; all 0: no vote was taken.

    Without a quorum nothing is carried, however many voted for it.
    """
    if sum(votes) > present:
        raise DomainError("表决票数之和不能多于实到人数", code="bad_votes")
    is_quorate, quorum_reason = _judge_quorum(entitled, present, rules.quorum)
    carried, vote_reason = _judge_vote(entitled, present, votes, rules.majority)
    if is_quorate is False and any(votes):
        return Outcome(False, False, (quorum_reason, message("void", "出席人数不足，表决无效")))
    return Outcome(is_quorate, carried, (quorum_reason, vote_reason))


def _judge_quorum(entitled: int, present: int, share: Share | None) -> tuple[bool | None, Message]:
    said = {"entitled": entitled, "present": present}
    if share is None:
        return None, message(
            "no_quorum_rule", "应到{entitled}人，实到{present}人；没有规定出席人数，会议是否有效未定", **said
        )
    enough = has_quorum(entitled, present, share)
    said["least"] = needed(entitled, share)
    text = "应到{entitled}人，至少需{least}人，实到{present}人，"
    return enough, message("quorum", text + ("会议有效" if enough else "出席人数不足"), **said)


def _judge_vote(
    entitled: int, present: int, votes: tuple[int, int, int], rule: Majority | None
) -> tuple[bool | None, Message]:
    if not any(votes):
        return None, message("no_vote", "没有记录表决")
    if rule is None:
        return None, message("no_majority_rule", "赞成{for_it}票；没有规定通过票数，是否通过未定", for_it=votes[0])
    carried = is_carried(votes[0], present, rule, entitled=entitled)
    least = needed(entitled if rule.is_of_entitled else present, rule.share)
    text = "赞成{for_it}票，至少需{least}票，" + ("通过" if carried else "未通过")
    return carried, message("vote", text, for_it=votes[0], least=least)


# --- seats of templates ----------------------------------------------------------------------------------------------


class TemplateSeatBy(StrEnum):
    """How a seat of a default body is filled at each unit that has it."""

    POST = "post"  # 本单位的某岗位
    UNIT = "unit"  # 某个指定的单位
    FUNCTION = "function"  # 本单位负责某项工作的部门
    DESCRIPTION = "description"  # 文字描述
    OUTSIDER = "outsider"  # 系统外人员或单位


# The key that says who; further names of it, as older definitions have them, are read as well.
_WORDING_KEYS = {
    TemplateSeatBy.POST: ("post", "post_name"),
    TemplateSeatBy.UNIT: ("unit",),
    TemplateSeatBy.FUNCTION: ("function",),
    TemplateSeatBy.DESCRIPTION: ("wording", "description"),
    TemplateSeatBy.OUTSIDER: ("wording",),
}
_DUTY_KEYS = ("field_of_work", "duty")


@dataclass(frozen=True, slots=True)
class TemplateSeat:
    """A seat of a default body. `wording`: the post's name, the unit's code, the function, or who sits there."""

    role: str
    by: TemplateSeatBy
    wording: str
    title: str = ""
    field_of_work: str = ""
    is_lead: bool = False


def template_seats_from(rows: Sequence[Mapping[str, Any]]) -> tuple[TemplateSeat, ...]:
    """Read the seats of a template. Raise FormatError with the path of the first mistake."""
    return tuple(_template_seat(child) for child in Reader({"seats": rows}).children("seats"))


def _template_seat(reader: Reader) -> TemplateSeat:
    words = {key for keys in _WORDING_KEYS.values() for key in keys}
    reader.refuse_unknown({"role", "by", "title", "is_lead", *words, *_DUTY_KEYS})
    by = reader.choice("by", TemplateSeatBy)
    if reader.text("role") not in ROLES:
        raise reader.fail("role", "不认识的席位", code="unknown_value", advice="、".join(ROLES))
    return TemplateSeat(
        reader.text("role"),
        by,
        reader.text(_given(reader, _WORDING_KEYS[by]), max_length=200),
        reader.text("title", "", max_length=40),
        reader.text(_given(reader, _DUTY_KEYS), "", max_length=500),
        reader.truth("is_lead", False),
    )


def _given(reader: Reader, keys: Sequence[str]) -> str:
    return next((key for key in keys if key in reader.mapping), keys[0])


def template_seat_to_mapping(seat: TemplateSeat) -> dict[str, Any]:
    """Return the mapping of a seat, without what is not said."""
    mapping = {
        "role": seat.role,
        "by": seat.by.value,
        _WORDING_KEYS[seat.by][0]: seat.wording,
        "title": seat.title,
        "field_of_work": seat.field_of_work,
        "is_lead": seat.is_lead,
    }
    return {key: value for key, value in mapping.items() if value not in ("", False)}
