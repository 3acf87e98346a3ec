"""Planning the organisation of a pack: unit types, units with their places, posts, people and ties."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any

from saas.access.permissions import Role
from saas.accounts.models import Appointment, User
from saas.accounts.people import refuse_more_accounts
from saas.db import new_id
from saas.org.models import (
    Hierarchy,
    HierarchyPurpose,
    OrgUnit,
    Placement,
    Post,
    PostTemplate,
    UnitLink,
    UnitType,
    UnitVersion,
)
from saas.org.names import search_key
from saas.org.queries import ADMINISTRATIVE
from saas.packs.county import Desk, KnownUnit, Stored
from saas.tenancy.pack_schema import LinkRow, PersonRow, UnitRow, UnitTypeRow

_ADMINISTRATORS = frozenset({Role.SYSTEM_ADMIN.value, Role.SECURITY_ADMIN.value, Role.AUDITOR.value})


def plan_organisation(desk: Desk) -> None:
    """Put down what is new, what is called otherwise, and leave alone what the pack does not name.

    A known unit is not moved and keeps its type: that is a reorganisation, which has a date of its own.
    """
    _plan_types(desk)
    _plan_units(desk)
    _plan_templates(desk)
    _plan_posts(desk)
    _plan_template_posts(desk)
    _plan_people(desk)
    _plan_links(desk)
    _refuse_mixed_roles(desk)


# --- kinds of units ----------------------------------------------------------------------------------------------


def _plan_types(desk: Desk) -> None:
    stored = desk.county.by(UnitType, "code")
    codes = {*stored, *(row.code for row in desk.pack.organisation.unit_types)}
    for row in desk.pack.organisation.unit_types:
        attributes = [
            {"name": a.name, "label": a.label, "type": a.type.value, "measure": a.measure, "choices": list(a.choices)}
            for a in desk.pack.organisation.attributes
            if a.unit_type == row.code
        ]
        known = stored.get(row.code)
        if known is not None and desk.is_starter:
            _add_attributes(desk, known, row, attributes)
            continue
        values = {
            "code": row.code,
            "name": row.name,
            "level": row.level,
            "is_territorial": row.is_territorial,
            "parents": [code for code in row.parents if code in codes],
            "attributes": attributes,
        }
        desk.types[row.code] = desk.ledger.put(UnitType, known, f"{row.name}（{row.code}）", values)


def _add_attributes(desk: Desk, known: Stored, row: UnitTypeRow, attributes: list[dict[str, Any]]) -> None:
    """A starter pack lets the county's own type be as it is, and gives its units what they do not carry yet."""
    label = f"{known['name']}（{row.code}）"
    for key, word in (("name", "名称"), ("level", "层级"), ("is_territorial", "是否属地")):
        if known[key] != getattr(row, key):
            desk.ledger.keep(UnitType, label, f"{word}保留本县的“{known[key]}”，配置包写的是“{getattr(row, key)}”")
    own = {each["name"]: each for each in known["attributes"]}
    for each in attributes:
        if each["name"] in own and own[each["name"]]["type"] != each["type"]:
            desk.ledger.conflict(UnitType, label, f"属性“{own[each['name']]['label']}”的数据类型与配置包的不同")
    missing = [each for each in attributes if each["name"] not in own]
    merged = [*known["attributes"], *missing]
    desk.ledger.put(UnitType, known, label, {"attributes": merged}, ours=False)


# --- units -------------------------------------------------------------------------------------------------------


def _plan_units(desk: Desk) -> None:
    if not desk.pack.organisation.units:
        return
    stored, versions = desk.county.by(OrgUnit, "code"), desk.county.grouped(UnitVersion, "unit_id")
    tree = administrative_tree(desk)
    _refuse_second_root(desk, tree)
    above = {
        row["unit_id"]: row["parent_id"]
        for row in sorted(desk.county.rows(Placement), key=lambda row: row["starts_on"])
        if row["hierarchy_id"] == tree and row["starts_on"] <= desk.today
    }
    orders = _orders(desk, stored)
    for row in desk.pack.organisation.units:
        if row.code not in stored:
            desk.units[row.code] = KnownUnit(new_id(), row.code, desk.types[row.type], orders[row.code], None)
    for row in desk.pack.organisation.units:
        known, order = stored.get(row.code), orders[row.code]
        if known is None:
            _add_unit(desk, row, order, tree)
            continue
        _change_unit(desk, row, order, known, versions[known["id"]])
        parent = desk.unit_id(row.parent) if row.parent else None
        if known["unit_type_id"] != desk.types[row.type] or above.get(known["id"]) != parent:
            text = "类型和隶属保留本县现有的：要改变请办理机构调整"
            desk.ledger.keep(OrgUnit, f"{known['name']}（{row.code}）", text)


def _refuse_second_root(desk: Desk, tree: uuid.UUID) -> None:
    """A county has one unit at the top: a pack that brings another describes another county."""
    (root,) = [row.code for row in desk.pack.organisation.units if row.parent is None]
    tops = {
        row["unit_id"] for row in desk.county.rows(Placement) if row["hierarchy_id"] == tree and not row["parent_id"]
    }
    for row in desk.county.rows(OrgUnit):
        if row["id"] in tops and row["code"] != root and (row["valid_to"] is None or row["valid_to"] > desk.today):
            text = f"本县的最上级单位代码是“{row['code']}”，配置包的是“{root}”：这个配置包写的是另一个县"
            desk.ledger.conflict(OrgUnit, row["name"], text)


def administrative_tree(desk: Desk) -> uuid.UUID:
    """The id of the tree that rights follow, put down if a new county does not have it yet."""
    known = desk.county.by(Hierarchy, "code").get(ADMINISTRATIVE)
    if known is not None:
        tree: uuid.UUID = known["id"]
        return tree
    values = {"code": ADMINISTRATIVE, "name": "行政区划", "purpose": HierarchyPurpose.ADMINISTRATIVE}
    return desk.ledger.add(Hierarchy, "行政区划", values)


def _orders(desk: Desk, stored: Mapping[str, Stored]) -> dict[str, int]:
    """Where each unit stands in lists: as the county has it while that is the order of the file, else by the file."""
    rows = desk.pack.organisation.units
    places = [stored[row.code]["sort_order"] for row in rows if row.code in stored]
    if not places or places != sorted(places):
        return {row.code: order for order, row in enumerate(rows, start=1)}
    orders, last = {}, places[0]
    for row in rows:
        last = stored[row.code]["sort_order"] if row.code in stored else last
        orders[row.code] = last
    return orders


def _add_unit(desk: Desk, row: UnitRow, order: int, tree: uuid.UUID) -> None:
    since, label, unit_id = (
        desk.pack.head.calendar.units_valid_from,
        f"{row.name}（{row.code}）",
        desk.unit_id(row.code),
    )
    facts = {
        "unit_type_id": desk.types[row.type],
        "name": row.name,
        "short_name": row.short_name,
        "attributes": dict(row.attributes),
    }
    standing = {"id": unit_id, "code": row.code, "sort_order": order, "valid_from": since, "valid_to": None}
    standing["search_key"] = search_key(row.name, row.short_name)
    desk.ledger.add(OrgUnit, label, {**facts, **standing})
    span = {"unit_id": unit_id, "starts_on": since, "ends_on": None}
    desk.ledger.add(UnitVersion, label, {**facts, **span})
    parent_id = desk.unit_id(row.parent) if row.parent else None
    desk.ledger.add(Placement, label, {**span, "hierarchy_id": tree, "parent_id": parent_id})


def _change_unit(desk: Desk, row: UnitRow, order: int, known: Stored, versions: list[Stored]) -> None:
    """Put right what the unit's present version says (更正): it was so since that version began."""
    label = f"{row.name}（{row.code}）"
    declared = {each.name for each in desk.pack.organisation.attributes if each.unit_type == row.type}
    others = {key: value for key, value in known["attributes"].items() if key not in declared}
    facts = {"name": row.name, "short_name": row.short_name, "attributes": {**others, **row.attributes}}
    shown = {**facts, "sort_order": order}
    if (known["name"], known["short_name"]) != (row.name, row.short_name):
        shown["search_key"] = search_key(row.name, row.short_name)
    desk.units[row.code].sort_order = order
    desk.ledger.put(OrgUnit, known, label, shown)
    present = _present(versions, desk.today)
    if any(present[key] != value for key, value in facts.items()):
        desk.ledger.put(UnitVersion, present, label, facts)


def _present(versions: list[Stored], today: date) -> Stored:
    """The version that holds today; of a unit that is yet to come the first, of a closed one the last."""
    ordered = sorted(versions, key=lambda row: row["starts_on"])
    for row in ordered:
        if row["starts_on"] <= today and (row["ends_on"] is None or today < row["ends_on"]):
            return row
    return ordered[0] if today < ordered[0]["starts_on"] else ordered[-1]


# --- posts -------------------------------------------------------------------------------------------------------


def _plan_templates(desk: Desk) -> None:
    stored = desk.county.by(PostTemplate, "unit_type_id", "name")
    for row in desk.pack.organisation.post_templates:
        type_id = desk.types[row.unit_type]
        values = {
            "unit_type_id": type_id,
            "name": row.name,
            "roles": [role.value for role in row.roles],
            "sort_order": row.sort_order,
        }
        desk.ledger.put(PostTemplate, stored.get((type_id, row.name)), f"{row.unit_type} {row.name}", values)


def _plan_posts(desk: Desk) -> None:
    stored = desk.county.by(Post, "unit_id", "name")
    for row in desk.pack.organisation.posts:
        unit_id, roles = desk.unit_id(row.unit), [role.value for role in row.roles]
        known, label = stored.get((unit_id, row.name)), f"{row.unit}/{row.name}"
        if known is not None and desk.is_starter:
            if set(known["roles"]) != set(roles):
                desk.ledger.keep(Post, label, "本县已有这个岗位，角色保留本县的")
            continue
        if known is not None and set(known["roles"]) == set(roles):
            roles = known["roles"]
        values = {"unit_id": unit_id, "name": row.name, "roles": roles, "sort_order": row.sort_order}
        desk.posts[unit_id, row.name] = desk.ledger.put(Post, known, label, values)


def _plan_template_posts(desk: Desk) -> None:
    """Set up the posts of a type at every unit of the type that lacks them; new units get those the county has."""
    wanted: dict[uuid.UUID, dict[str, tuple[list[str], int]]] = {}
    for row in desk.pack.organisation.post_templates:
        roles = [role.value for role in row.roles]
        wanted.setdefault(desk.types[row.unit_type], {})[row.name] = (roles, row.sort_order)
    of_county: dict[uuid.UUID, dict[str, tuple[list[str], int]]] = {}
    for stored in desk.county.rows(PostTemplate):
        of_county.setdefault(stored["unit_type_id"], {})[stored["name"]] = (stored["roles"], stored["sort_order"])
    known_units = {row["id"] for row in desk.county.rows(OrgUnit)}
    for unit in desk.living():
        posts = dict(wanted.get(unit.type_id, {}))
        if unit.id not in known_units:
            posts = {**of_county.get(unit.type_id, {}), **posts}
        for name, (roles, sort_order) in posts.items():
            if (unit.id, name) not in desk.posts:
                values = {"unit_id": unit.id, "name": name, "roles": roles, "sort_order": sort_order}
                desk.posts[unit.id, name] = desk.ledger.add(Post, f"{unit.code}/{name}", values)


# --- people ------------------------------------------------------------------------------------------------------


def _plan_people(desk: Desk) -> None:
    stored = desk.county.by(User, "login_name")
    held = {(row["post_id"], row["user_id"]) for row in desk.county.rows(Appointment)}
    refuse_more_accounts(sum(row.login_name not in stored for row in desk.pack.organisation.people))
    for row in desk.pack.organisation.people:
        known = stored.get(row.login_name)
        if known is not None and desk.keeps_accounts:
            desk.people[row.login_name] = known["id"]
            _keep_account(desk, row, known, held)
            continue
        if known is None:
            user_id = desk.ledger.add(User, row.name, _account(desk, row))
        else:
            user_id = desk.ledger.put(User, known, row.name, {"name": row.name, "phone": row.phone})
        desk.people[row.login_name] = user_id
        for ref in row.posts:
            post_id = desk.posts[desk.unit_id(ref.unit), ref.name]
            if (post_id, user_id) not in held:
                values = {"post_id": post_id, "user_id": user_id, "starts_on": row.starts_on}
                desk.ledger.add(Appointment, f"{row.name} {ref.name}", values)


def _keep_account(desk: Desk, row: PersonRow, known: Stored, held: set[tuple[uuid.UUID, uuid.UUID]]) -> None:
    posts = [desk.posts[desk.unit_id(ref.unit), ref.name] for ref in row.posts]
    is_same = (known["name"], known["phone"]) == (row.name, row.phone)
    if not is_same or any((post_id, known["id"]) not in held for post_id in posts):
        desk.ledger.keep(User, f"{known['name']}（{row.login_name}）", "账号和任职由安全管理员维护，保留现有的")


def _account(desk: Desk, row: PersonRow) -> Mapping[str, Any]:
    return {
        "name": row.name,
        "login_name": row.login_name,
        "phone": row.phone,
        "password_hash": desk.password_hash,
        "must_change_password": desk.must_change_password,
    }


def _refuse_mixed_roles(desk: Desk) -> None:
    """Nobody may come to hold an administrator's post (三员) beside anything else, whoever brought which."""
    roles = {row["id"]: row["roles"] for row in desk.county.rows(Post)}
    names = {row["id"]: row["name"] for row in desk.county.rows(User)}
    posts: dict[uuid.UUID, set[uuid.UUID]] = {}
    for row in desk.county.rows(Appointment):
        if row["ends_on"] is None or row["ends_on"] > desk.today:
            posts.setdefault(row["user_id"], set()).add(row["post_id"])
    touched: set[uuid.UUID] = set()
    for change in desk.ledger.changes:
        after = change.after or {}
        if change.table == "post" and "roles" in after:
            roles[change.id] = after["roles"]
            touched |= {user_id for user_id, held in posts.items() if change.id in held}
        elif change.table == "appointment" and change.before is None:
            posts.setdefault(after["user_id"], set()).add(after["post_id"])
            touched.add(after["user_id"])
    for user_id in touched & names.keys():
        held_roles = {role for post_id in posts[user_id] for role in roles.get(post_id, [])}
        if held_roles & _ADMINISTRATORS and len(held_roles) > 1:
            desk.ledger.conflict(User, names[user_id], "会同时担任管理员和其他角色：三员分立，只能担任其中一个")


# --- ties --------------------------------------------------------------------------------------------------------


def _plan_links(desk: Desk) -> None:
    stored = desk.county.by(UnitLink, "kind", "unit_id", "user_id", "linked_unit_id")
    for row in desk.pack.organisation.links:
        key = _link_key(desk, row)
        kind, unit_id, user_id, linked_unit_id = key
        label = f"{kind} {row.person or row.from_unit} → {row.to_unit}"
        known = stored.get(key)
        said = {"layer": row.layer, "note": row.note}
        values: dict[str, Any] = {name: text for name, text in said.items() if text or known is None}
        if known is None:
            values.update(kind=kind, unit_id=unit_id, user_id=user_id, linked_unit_id=linked_unit_id)
            values.update(starts_on=row.starts_on, ends_on=row.ends_on)
        desk.ledger.put(UnitLink, known, label, values)


def _link_key(desk: Desk, row: LinkRow) -> tuple[str, uuid.UUID, uuid.UUID | None, uuid.UUID | None]:
    user_id = desk.people[row.person] if row.person else None
    linked_unit_id = desk.unit_id(row.from_unit) if row.from_unit else None
    return row.kind, desk.unit_id(row.to_unit), user_id, linked_unit_id
