"""One record as the page writes it: what is stored, what was typed, and what its writer may not see or change."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy.exc import NoResultFound

from saas.accounts.viewer import Viewer
from saas.audit.services import HasId
from saas.db import local_clock
from saas.domain.answers import Parsed, Raw, answers_from_stored, initial_raw, raw_from_answers
from saas.domain.begun import Begun, begun_in
from saas.domain.fields import FormDefinition, iter_fields
from saas.domain.filed import answer_rows
from saas.domain.first_values import with_first_values
from saas.domain.record_access import FieldAccess, general_path, is_within, merged_raw, withheld_paths
from saas.domain.records import record_title
from saas.files.models import StoredFile
from saas.files.queries import list_files
from saas.forms.fill_form import Surroundings, fill_nodes
from saas.forms.filled import Difference, differing, photos_named
from saas.forms.languages import shown_in_language
from saas.forms.models import FormVersion
from saas.forms.once import begun_on_page, sealed_values
from saas.forms.posted import Keeper, Posted, take_photos
from saas.forms.queries import find_published_version
from saas.org.models import OrgUnit
from saas.registers import queries, services
from saas.registers.models import RecordDraft, Register, RegisterRecord
from saas.registers.protection import access_to, access_when_opening, rows_for


@dataclass(frozen=True)
class Sheet:
    """What is being written: a new record of a unit, or one that is there. `access`: what its writer may see."""

    register: Register
    unit: OrgUnit
    form_version: FormVersion
    record: RegisterRecord | None
    access: FieldAccess
    record_id: uuid.UUID  # also of a new one: its photos are kept before it is
    draft: RecordDraft | None  # what its writer typed before and has not sent

    @property
    def version(self) -> int:
        """The version of the row that the page shows; 0 while there is none."""
        return self.record.version if self.record else 0

    @property
    def is_outdated(self) -> bool:
        """Whether the record was changed after its writer had begun to."""
        return self.draft is not None and self.draft.seen_version != self.version

    @property
    def keeps_back(self) -> bool:
        """Whether the draft holds answers that its writer sees only after saying what for."""
        typed = self.draft.typed if self.draft is not None else {}
        return any(is_within(name, self.withheld) and self.stored.get(name) != typed[name] for name in typed)

    @cached_property
    def definition(self) -> FormDefinition:
        return shown_in_language(queries.definition_for(self.form_version, self.unit))

    @cached_property
    def withheld(self) -> frozenset[str]:
        """The paths that the writer may not change."""
        return withheld_paths(self.definition, self.access)

    @cached_property
    def stored(self) -> Raw:
        """The record's answers as inputs would carry them; of a new record what stands there at first."""
        if self.record is None:
            first = initial_raw(self.definition, known=self.known)
            return with_first_values(self.definition, first, local_clock(), self.known)
        raw = raw_from_answers(self.definition, answers_from_stored(self.definition, self.record.answers))
        return raw | sealed_values(str(self.record_id), begun_in(self.definition, self.record.answers))

    def begun(self, raw: Raw) -> Begun:
        """What was fixed when the record was begun, as it is stored and as its page carries it."""
        stored = self.record.answers if self.record else None
        return begun_on_page(self.definition, str(self.record_id), raw, stored)

    def first_raw(self) -> dict[str, list[str]]:
        """What the page shows when it is opened: the draft if there is one, of what the writer may change."""
        typed = merged_raw(self.stored, self.draft.typed, self.withheld) if self.draft is not None else self.stored
        return {name: list(texts) for name, texts in typed.items()}

    @property
    def known(self) -> dict[str, str]:
        """What the county knows of the unit."""
        return services.known_values(self.unit)

    @property
    def is_protected(self) -> bool:
        """Whether personal data is written on it, which stays out of the device's memory."""
        return bool(self.access.protected)

    def files(self) -> Mapping[str, StoredFile]:
        """The photos and files that were kept for the record, by id."""
        return {str(file.id): file for file in list_files(queries.SUBJECT, [self.record_id])}


def new_sheet(register: Register, unit: OrgUnit, record_id: uuid.UUID, writer: HasId) -> Sheet:
    """A new record of a unit. Raises NoResultFound (404) if the form was never published, or it was begun elsewhere."""
    version, draft = find_published_version(register.form_id), queries.find_draft(record_id, writer.id)
    if version is None or (draft is not None and draft.register_id != register.id):
        raise NoResultFound("no such form, or no such draft of this register")
    access = access_when_opening(register, queries.definition_for(version, unit))
    return Sheet(register, unit, version, None, access, record_id, draft)


def sheet_of(record: RegisterRecord, viewer: Viewer, access: FieldAccess | None = None) -> Sheet:
    """A record that the viewer may change; `access` where he has opened what is masked."""
    access, draft = access or access_to(record, viewer), queries.find_draft(record.id, viewer.id)
    return Sheet(record.register, record.unit, record.form_version, record, access, record.id, draft)


def nodes_of(sheet: Sheet, posted: Posted) -> list[dict[str, Any]]:
    """The form's nodes for the page. What is withheld neither stands in an input nor goes along hidden."""
    raw = merged_raw(sheet.stored, posted.raw, sheet.withheld)
    more = frozenset([posted.target]) if posted.target and posted.action in {"add", "show"} else frozenset[str]()
    photos, key = photos_named(sheet.definition, raw, sheet.files), str(sheet.record_id)
    around = Surroundings(posted.errors, {}, photos, more, place=key, begun=sheet.begun(raw))
    nodes = fill_nodes(sheet.definition, raw, around, now=local_clock(), known=sheet.known)
    if not sheet.withheld:
        return nodes
    return _without(nodes, sheet.withheld, {row.path: row.text for row in _rows(sheet)})


def _rows(sheet: Sheet) -> Sequence[Any]:
    return rows_for(sheet.record, sheet.definition, sheet.access) if sheet.record is not None else ()


def _without(
    nodes: Sequence[dict[str, Any]], withheld: Collection[str], texts: Mapping[str, str]
) -> list[dict[str, Any]]:
    kept: list[dict[str, Any]] = []
    for node in nodes:
        if node["kind"] == "kept":
            pairs = [pair for pair in node["pairs"] if not is_within(pair[0], withheld)]
            kept += [node | {"pairs": pairs}] if pairs else []
        elif general_path(node["name"]) in withheld and _is_hidden(node, texts):
            continue
        elif general_path(node["name"]) in withheld:
            text = texts.get(node["name"], "")
            label = f"{node['label']}：{text}" if text else node["label"]
            kept.append(
                {"kind": "note", "label": label, "hint": "受保护或由其他人员维护，不在这里修改", "id": node["id"]}
            )
        elif "rows" in node:
            rows = [row | {"nodes": _without(row["nodes"], withheld, texts)} for row in node["rows"]]
            kept.append(node | {"rows": rows})
        elif "nodes" in node:
            kept.append(node | {"nodes": _without(node["nodes"], withheld, texts)})
        else:
            kept.append(node)
    return kept


def _is_hidden(node: Mapping[str, Any], texts: Mapping[str, str]) -> bool:
    """Whether not even that there is something may be known: then the record has no line for it."""
    return bool(texts) and "rows" not in node and node["name"] not in texts


def read_sheet(sheet: Sheet, posted: Posted, *, actor: HasId, is_draft: bool = False) -> Parsed:
    """Keep the posted photos and read what was typed, as strictly as a record demands, or a draft.

    What the writer may not change is taken from what is stored, whatever the browser says.
    """
    own = sheet.files().items()
    known = {name for name, file in own if sheet.record is not None or file.created_by_id == actor.id}
    posted.raw = {name: texts for name, texts in posted.raw.items() if not is_within(name, sheet.withheld)}
    posted.uploads = {path: each for path, each in posted.uploads.items() if not is_within(path, sheet.withheld)}
    take_photos(sheet.definition, posted, Keeper(queries.SUBJECT, sheet.record_id, actor, known))
    raw = merged_raw(sheet.stored, posted.raw, sheet.withheld)
    begun = sheet.begun(raw)
    parsed = services.parse_record(sheet.definition, sheet.unit, raw, is_draft=is_draft, begun=begun)
    posted.errors = {path: str(reason) for path, reason in parsed.errors.items()} | posted.errors
    return parsed


def keep_typed(sheet: Sheet, posted: Posted, parsed: Parsed, *, writer: HasId) -> None:
    """Keep what was typed as a draft, sound or not. What the writer does not see now stays in it as it was."""
    before = sheet.draft.typed if sheet.draft is not None else {}
    asked = {path for path, item in iter_fields(sheet.definition) if not item.fields}
    typed = merged_raw(before, posted.raw, sheet.withheld)
    services.keep_draft(
        sheet.register,
        sheet.unit,
        sheet.record_id,
        {name: texts for name, texts in typed.items() if general_path(name.partition(":")[0]) in asked},
        seen_version=sheet.version,
        title=record_title(sheet.definition, parsed.answers, str(sheet.register.layout.get("title", ""))),
        writer=writer,
    )


def differences(sheet: Sheet, posted: Posted) -> list[Difference]:
    """What is stored now where it differs from what was typed, of what the writer may change (冲突对照)."""
    if sheet.record is None:
        return []
    raw, shows = merged_raw(sheet.stored, posted.raw, sheet.withheld), sheet.access.shows
    typed = services.parse_record(sheet.definition, sheet.unit, raw, begun=sheet.begun(raw))
    mine = answer_rows(sheet.definition, typed.answers)
    theirs = rows_for(sheet.record, sheet.definition, sheet.access)
    return differing([row for row in theirs if shows(row.path)], [row for row in mine if shows(row.path)])
