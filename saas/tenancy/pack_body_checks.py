"""Checks of the bodies (议事协调机构) in a pack: their units, posts, types and what they belong to."""

from __future__ import annotations

from collections.abc import Mapping

from saas.tenancy.pack_configuration import Configuration, PackBody, PackBodyTemplate
from saas.tenancy.pack_organisation import Organisation
from saas.tenancy.pack_reference_list import References
from saas.tenancy.pack_source import Source
from saas.tenancy.pack_structure import BodyTable, BodyTemplateTable


def check_bodies(configuration: Configuration, organisation: Organisation, references: References) -> None:
    """Note every reference of bodies that leads nowhere, every ring among them, and seats beyond their rules."""
    posts = {(post.unit, post.name) for post in organisation.posts}
    types = {unit.code: unit.type for unit in organisation.units}
    of_types = {(row.unit_type, row.name) for row in organisation.post_templates}
    for template in configuration.body_templates:
        _check_template(template, references)
    for body in configuration.bodies:
        _check_body(body, references)
        for index, seat in enumerate(body.table.seats):
            unit, _, name = seat.post.partition("/")
            if seat.post and (unit, name) not in posts and (types.get(unit), name) not in of_types:
                place = body.source.at("seats", index, "post")
                _note(references, place, f"没有岗位“{seat.post}”", "请写成“单位代码/岗位名称”，并先加上这个岗位")
    _check_parents(
        {entry.table.code: (entry.table, entry.source) for entry in configuration.body_templates}, references
    )
    _check_parents({entry.table.code: (entry.table, entry.source) for entry in configuration.bodies}, references)


def _note(references: References, place: Source, message: str, advice: str) -> None:
    references.problems.add(place.file, message, advice, line=place.line, path=place.path)


def _check_template(entry: PackBodyTemplate, references: References) -> None:
    for code in entry.table.unit_types:
        references.check("单位类型", code, entry.source.at("unit_types"))
    for index, seat in enumerate(entry.table.seats):
        references.check("岗位", seat.post or None, entry.source.at("seats", index, "post"))
        references.check("单位", seat.unit, entry.source.at("seats", index, "unit"))
    _check_composition(entry, references)


def _check_body(entry: PackBody, references: References) -> None:
    references.check("单位", entry.table.unit, entry.source.at("unit"))
    references.check("单位", entry.table.host_unit, entry.source.at("host_unit"))
    for index, seat in enumerate(entry.table.seats):
        references.check("单位", seat.unit, entry.source.at("seats", index, "unit"))
    _check_composition(entry, references)


def _check_composition(entry: PackBody | PackBodyTemplate, references: References) -> None:
    """More seats of a role than its rules allow are a mistake; fewer may still be filled by the county."""
    for role, share in entry.rules.roles.items():
        count = sum(1 for seat in entry.table.seats if seat.role == role)
        if share.most is not None and count > share.most:
            text = f"“{entry.table.name}”的 {role} 有 {count} 个席位，规则最多 {share.most} 个"
            _note(references, entry.source.at("seats"), text, "请改正 rules 或 seats")


def _check_parents(tables: Mapping[str, tuple[BodyTable | BodyTemplateTable, Source]], references: References) -> None:
    for table, source in tables.values():
        trail: list[str] = []
        here: str | None = table.code
        while here is not None and here in tables and here not in trail:
            trail.append(here)
            here = tables[here][0].parent
        if here is not None and here not in tables:
            if len(trail) == 1:
                _note(references, source.at("parent"), f"没有代码为“{here}”的机构", "请改正 parent")
        elif here == table.code:
            _note(references, source.at("parent"), f"“{table.name}”归到了自己名下", "请改正 parent")
