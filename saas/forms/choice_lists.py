"""Lists of choices that forms share (公用选项): keeping them, and who uses them. Never commits."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import Text, cast, false, select

from saas.access.permissions import Permission
from saas.audit.services import AuditAction, HasId, record
from saas.db import db, utc_now
from saas.domain.errors import DomainError, FormError
from saas.domain.fields import Choice
from saas.domain.fields.choice_rows import MAX_LISTED, choices_of_rows, rows_of_choices
from saas.domain.fields.writing import choices_to_list
from saas.forms.models import ChoiceList, FormDefinition, FormVersion, VersionStatus
from saas.forms.outside_choices import choices_of_list
from saas.forms.queries import Looking
from saas.spreadsheets.columns import Column
from saas.spreadsheets.reading import read_spreadsheet
from saas.spreadsheets.writing import Layout, write_xlsx


def list_choice_lists(viewer: Looking) -> Sequence[ChoiceList]:
    """Every shared list, by name. Whoever sees forms sees them."""
    if not viewer.unit_ids(Permission.FORM_VIEW):
        return []
    return db.session.scalars(select(ChoiceList).order_by(ChoiceList.name, ChoiceList.id)).all()


def get_choice_list(list_id: uuid.UUID, viewer: Looking) -> ChoiceList:
    """Return a shared list, or raise NoResultFound (404)."""
    statement = select(ChoiceList).where(ChoiceList.id == list_id)
    if not viewer.unit_ids(Permission.FORM_VIEW):
        statement = statement.where(false())
    return db.session.scalars(statement).one()


def forms_using(codes: Sequence[str]) -> dict[str, list[FormDefinition]]:
    """The forms whose draft or published version takes choices from each list. One statement."""
    found: dict[str, list[FormDefinition]] = {code: [] for code in codes}
    if not codes:
        return found
    rows = db.session.scalars(
        select(FormVersion)
        .join(FormDefinition, FormDefinition.id == FormVersion.form_id)
        .where(
            FormVersion.status != VersionStatus.RETIRED,
            cast(FormVersion.definition, Text).contains('"choices_from": "list:', autoescape=True),
        )
        .order_by(FormDefinition.name, FormVersion.number)
    ).all()
    for version in rows:
        used = _lists_in(version.definition)
        for code in codes:
            if code in used and version.form not in found[code]:
                found[code].append(version.form)
    return found


def _lists_in(node: object) -> set[str]:
    """The codes of the lists that a stored definition names."""
    if isinstance(node, list):
        return {code for each in node for code in _lists_in(each)}
    if not isinstance(node, dict):
        return set()
    own = str(node.get("choices_from", ""))
    codes = {own.removeprefix("list:")} if own.startswith("list:") else set()
    return codes | {code for each in node.values() for code in _lists_in(each)}


def create_list(code: str, name: str, source: str, choices: Sequence[Choice], *, actor: HasId) -> ChoiceList:
    """Make a shared list. Raise FormError if the code is taken."""
    if db.session.scalars(select(ChoiceList.id).where(ChoiceList.code == code)).first() is not None:
        raise FormError("code", "编码“{taken}”已被另一个列表使用", code="duplicate", advice="换一个", taken=code)
    made = ChoiceList(code=code, name=name.strip(), source=source.strip(), choices=choices_to_list(choices))
    db.session.add(made)
    db.session.flush()
    record(AuditAction.FORM_CHANGED, made, actor=actor, change="list_created", code=code, count=len(choices))
    return made


def change_list(found: ChoiceList, name: str, source: str, choices: Sequence[Choice], *, actor: HasId) -> None:
    """Put other choices into a shared list. What was handed in before keeps what its choices were called."""
    before = {choice.name for choice in choices_of_list(found.choices)}
    after = {choice.name for choice in choices}
    found.name, found.source, found.choices, found.updated_at = (
        name.strip(),
        source.strip(),
        choices_to_list(choices),
        utc_now(),
    )
    details = {"added": len(after - before), "removed": len(before - after)}
    record(AuditAction.FORM_CHANGED, found, actor=actor, change="list_changed", code=found.code, **details)
    db.session.flush()


def remove_list(found: ChoiceList, *, actor: HasId) -> None:
    """Delete a shared list that no form uses. Raises DomainError while one does."""
    users = forms_using([found.code])[found.code]
    if users:
        names = "、".join(form.name for form in users[:3])
        raise DomainError("还有表单在用这个列表：{names}。请先修改这些表单", code="list_in_use", names=names)
    record(AuditAction.FORM_CHANGED, found, actor=actor, change="list_removed", code=found.code)
    db.session.delete(found)
    db.session.flush()


def choices_of_file(content: bytes, name: str) -> tuple[Choice, ...]:
    """Read the first sheet of a workbook, or a CSV file. Raises FormError with the row, or SpreadsheetRefused."""
    sheet = read_spreadsheet(content, name).sheets[0]
    if len(sheet.rows) > MAX_LISTED + 1:
        raise FormError("", "选项超过 {limit} 个", code="bad_choices", limit=MAX_LISTED)
    rows = []
    for number in range(1, max(sheet.rows, default=0) + 1):
        cells = sheet.rows.get(number, {})
        rows.append([cells[place].text if place in cells else "" for place in range(1, max(cells, default=0) + 1)])
    return choices_of_rows(rows)


def file_of_choices(found: ChoiceList) -> bytes:
    """The list as a workbook, to be changed and uploaded again."""
    rows = rows_of_choices(choices_of_list(found.choices))
    columns = tuple(Column(str(place), head, max_length=4000) for place, head in enumerate(rows[0]))
    values = [{str(place): text or None for place, text in enumerate(row)} for row in rows[1:]]
    return write_xlsx(Layout(found.name, columns, values))
