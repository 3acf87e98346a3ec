"""What a table would do to a register, row by row: what is wrong, what differs, and the plan to carry it out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from saas.db import local_clock, local_today
from saas.domain.answers import NOT_APPLICABLE_SUFFIX, Answers, parse_answers, raw_from_answers
from saas.domain.errors import DomainError, Message, message
from saas.domain.fields import FormDefinition
from saas.domain.masking import HIDDEN, mask_answer, protected_fields
from saas.domain.records import answer_at, find_move, may_move, missing_for, plain_fields, record_title, text_at
from saas.forms.once import begun_in_stored
from saas.imports.handlers import Difference, RowCheck, RowState
from saas.org.models import OrgUnit
from saas.registers import services
from saas.registers.models import RegisterRecord
from saas.registers.tables.columns import DUE, NUMBER, OPENED, STATE, UNIT, typed
from saas.registers.tables.known import KnownRegister
from saas.spreadsheets.tables import TableRow


@dataclass(frozen=True, slots=True)
class RecordPlan:
    """A record as a row describes it: new (`record` None) or changed. None: not said."""

    record: RegisterRecord | None
    unit: OrgUnit
    answers: Answers
    state: str | None = None
    opened_on: date | None = None
    due_on: date | None = None
    clears_due: bool = False


@dataclass(slots=True)
class Checking:
    """Rows being checked, one after the other."""

    known: KnownRegister
    seen: dict[int, int] = field(default_factory=dict)  # the row in which a number stands already

    def row(self, row: TableRow) -> RowCheck:
        """Say what one row would do."""
        errors = dict(row.errors)
        record = self._record(row, errors)
        unit = record.unit if record is not None else self._unit(row, errors)
        plan = self._plan(row, record, unit, errors) if unit is not None and not errors else None
        if plan is None or errors:
            return RowCheck(row, _label(record), RowState.BAD, errors=self._hidden(errors))
        differences = self._differences(plan)
        state = RowState.NEW if record is None else RowState.CHANGED if differences else RowState.SAME
        path = str(self.known.register.layout.get("title", ""))
        label = _label(record) or record_title(self.known.form, plan.answers, path)
        return RowCheck(row, label, state, tuple(differences), plan=plan)

    def _hidden(self, errors: Mapping[str, Message]) -> dict[str, Message]:
        """The mistakes without what was written in protected cells: they are kept with the import."""
        return {
            path: replace(said, params={**said.params, "text": HIDDEN})
            if path in self.known.protected and "text" in said.params
            else said
            for path, said in errors.items()
        }

    def _record(self, row: TableRow, errors: dict[str, Message]) -> RegisterRecord | None:
        number = row.values.get(NUMBER)
        if not isinstance(number, int):
            return None
        if number in self.seen:
            errors[NUMBER] = message(
                "number_twice", "编号 {number} 在第 {row} 行已经有了", number=number, row=self.seen[number]
            )
        self.seen[number] = row.number
        found = self.known.records.get(number)
        if found is None:
            text = "没有编号为 {number} 的记录，或不由您维护；新登记的请留空"
            errors.setdefault(NUMBER, message("no_record", text, number=number))
        return found

    def _unit(self, row: TableRow, errors: dict[str, Message]) -> OrgUnit | None:
        found = self.known.unit(row.text(UNIT))
        if isinstance(found, Message):
            errors.setdefault(UNIT, found)
            return None
        return found

    def _plan(
        self, row: TableRow, record: RegisterRecord | None, unit: OrgUnit, errors: dict[str, Message]
    ) -> RecordPlan:
        definition = self.known.definitions[record.form_version_id if record is not None else self.known.version.id]
        raw = self._raw(row, record, definition, errors)
        begun = begun_in_stored(definition, record.answers if record is not None else {})
        parsed = parse_answers(definition, raw, known=services.known_values(unit), now=local_clock(), begun=begun)
        for path, reason in parsed.errors.items():
            column = path if path in self.known.fields and path in row.values else ""
            errors.setdefault(column, reason)
        state, opened, due = row.values.get(STATE), row.values.get(OPENED), row.values.get(DUE)
        plan = RecordPlan(
            record,
            unit,
            parsed.answers,
            state if isinstance(state, str) else None,
            opened if isinstance(opened, date) else None,
            due if isinstance(due, date) else None,
            DUE in row.cleared,
        )
        self._check_state(plan, definition, errors)
        if plan.opened_on is not None and plan.opened_on > local_today():
            errors.setdefault(OPENED, message("opened_later", "登记日期不能晚于今天"))
        return plan

    def _raw(
        self, row: TableRow, record: RegisterRecord | None, definition: FormDefinition, errors: dict[str, Message]
    ) -> dict[str, list[str]]:
        """What the inputs of the form would carry: what is stored, with what the row says put over it."""
        stored = raw_from_answers(definition, self.known.answers(record)) if record is not None else {}
        raw, protected, asked = dict(stored), protected_fields(definition), plain_fields(definition)
        withheld = self.known.withheld[record.id] if record is not None else frozenset[str]()
        for path in self.known.fields:
            said = _said(row, path)
            if said is None or (record is not None and self._is_mask(path, said, record, protected)):
                continue
            if path not in asked:
                errors.setdefault(path, message("older_form", "这条记录用的是旧版表单，没有这一项；请先改用新版表单"))
                continue
            if path in withheld and said != stored.get(path, []):
                errors.setdefault(path, message("withheld", "这一项不能在表格里修改，请在记录页面办理"))
                continue
            if path in protected and any("*" in text for text in said):
                errors.setdefault(path, message("masked", "“{text}”是遮盖后的内容，请填写完整内容", text=said[0][:20]))
                continue
            raw.pop(path, None)
            raw.pop(path + NOT_APPLICABLE_SUFFIX, None)
            raw[path + NOT_APPLICABLE_SUFFIX if path in row.not_applicable else path] = said
        return raw

    def _is_mask(self, path: str, said: list[str], record: RegisterRecord, protected: Mapping[str, Any]) -> bool:
        """Whether a cell holds what an export shows of the stored answer."""
        item = protected.get(path)
        if item is None or len(said) != 1:
            return False
        return said[0] == mask_answer(item, answer_at(self.known.answers(record), path))

    def _check_state(self, plan: RecordPlan, definition: FormDefinition, errors: dict[str, Message]) -> None:
        """A new record may stand anywhere, as in the ledger that is taken over; one that is there moves as it may."""
        if plan.record is None or plan.state in (None, plan.record.state):
            return
        try:
            move = find_move(self.known.states, plan.record.state, plan.state or "")
        except DomainError as error:
            errors.setdefault(STATE, error.message)
            return
        if not may_move(move, self.known.movers[plan.record.id]):
            errors.setdefault(STATE, message("not_allowed", "“{label}”应由其他人员办理", label=move.label))
        missing = missing_for(move, definition, plan.answers)
        if missing:
            text = "“{label}”前应先填写：{missing}"
            errors.setdefault(STATE, message("incomplete", text, label=move.label, missing="、".join(missing)))

    def _differences(self, plan: RecordPlan) -> list[Difference]:
        definition = self.known.definitions[
            plan.record.form_version_id if plan.record is not None else self.known.version.id
        ]
        old = self.known.answers(plan.record) if plan.record is not None else {}
        protected, found = protected_fields(definition), []
        for path, item in self.known.fields.items():
            before, after = answer_at(old, path), answer_at(plan.answers, path)
            if before == after:
                continue
            if path in protected:
                old_text, new_text = mask_answer(protected[path], before), mask_answer(protected[path], after)
                changed = "（有改动）" if old_text == new_text else ""
                found.append(Difference(item.label, old_text, new_text + changed))
            else:
                texts = text_at(definition, old, path), text_at(definition, plan.answers, path)
                found.append(Difference(item.label, *texts))
        return found + self._own_differences(plan)

    def _own_differences(self, plan: RecordPlan) -> list[Difference]:
        record, states, found = plan.record, self.known.states, []
        before = record.state if record is not None else None
        if plan.state is not None and plan.state != before:
            old = states.state(before).name if before else ""
            found.append(Difference("状态", old, states.state(plan.state).name))
        if plan.opened_on is not None and (record is None or plan.opened_on != record.opened_on):
            found.append(Difference("登记日期", _day(record.opened_on if record else None), _day(plan.opened_on)))
        due = record.due_on if record is not None else None
        if (plan.due_on is not None and plan.due_on != due) or (plan.clears_due and due is not None):
            found.append(Difference("办结期限", _day(due), _day(plan.due_on)))
        return found


def _said(row: TableRow, path: str) -> list[str] | None:
    """What a row says of a question; None: nothing."""
    if path in row.cleared:
        return []
    if path in row.not_applicable:
        return ["1"]
    value = row.values.get(path)
    return typed(value) if value is not None else None


def _label(record: RegisterRecord | None) -> str:
    return f"{record.number} {record.title}".strip() if record is not None else ""


def _day(day: date | None) -> str:
    return day.isoformat() if day is not None else ""
