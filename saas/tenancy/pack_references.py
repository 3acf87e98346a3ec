"""References inside a pack: every code that one file names must be in another, and every cohort must find a unit."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from types import MappingProxyType

from saas.domain.cohorts import Cohort, CohortError, CohortUnit, Membership, Named, check_named, membership
from saas.domain.fields import iter_fields
from saas.domain.fillers import PARENT
from saas.domain.routes import LISTED_UNITS
from saas.domain.scheme import RuleKind
from saas.domain.scheme_checks import rule_paths
from saas.domain.scheme_conditions import comparisons_of
from saas.tenancy.pack_body_checks import check_bodies
from saas.tenancy.pack_checks import ATTRIBUTES, PEOPLE, POSTS, UNIT_TYPES, UNITS
from saas.tenancy.pack_choices import KIND as CHOICE_LIST
from saas.tenancy.pack_choices import check_choices_of
from saas.tenancy.pack_configuration import (
    COHORTS,
    COLLECTIONS,
    ROUTES,
    TARGETS,
    Configuration,
    PackCollection,
    PackPlan,
    PackRoute,
    PackScheme,
)
from saas.tenancy.pack_content import PartTable
from saas.tenancy.pack_files import Problems
from saas.tenancy.pack_organisation import Organisation
from saas.tenancy.pack_reference_list import References
from saas.tenancy.pack_registers import check_against_form
from saas.tenancy.pack_schema import RoleName, UnitRow
from saas.tenancy.pack_source import Source, toml_path
from saas.tenancy.pack_structure_checks import POST_TEMPLATES


def check_references(
    configuration: Configuration, organisation: Organisation, problems: Problems, *, root: str
) -> References:
    """Check every reference of forms, routes, collections, targets, schemes, plans and bodies. Returns what is known.

    A starter pack brings no units of its own and names one alone: the county's root.
    """
    named = {entry.table.code: entry.cohort for entry in configuration.cohorts}
    known = _known(configuration, organisation, problems, root)
    references = References(problems, known, named, must_find_units=configuration.history is not None)
    _check_unique(configuration, problems)
    _check_forms(configuration, references)
    for route in configuration.routes:
        _check_route(route, references)
    for collection in configuration.collections:
        _check_collection(collection, organisation, references)
    _check_registers(configuration, organisation, references)
    for target in configuration.targets:
        references.check("方案", target.plan, target.source.at("plan"))
        references.check("单位", target.responsible_unit, target.source.at("responsible_unit"))
    for scheme in configuration.schemes:
        _check_scheme(scheme, configuration, organisation, references)
    for plan in configuration.plans:
        _check_plan(plan, references)
    for entry in configuration.cohorts:
        _check_cohort(entry.cohort, entry.source.at("definition"), organisation, references, code=entry.table.code)
    check_bodies(configuration, organisation, references)
    if problems.none_in(POSTS, PEOPLE, ROUTES, "plans/"):
        _check_somebody_countersigns(configuration, organisation, problems)
    return references


def _known(
    configuration: Configuration, organisation: Organisation, problems: Problems, root: str
) -> dict[str, Collection[str]]:
    """Return the codes by kind. A kind whose file has problems is left open: one mistake is reported once."""
    known: dict[str, tuple[Collection[str], tuple[str, ...]]] = {
        "表单": ({entry.form.code for entry in configuration.forms}, ("forms/",)),
        "流程": ({entry.route.code for entry in configuration.routes}, (ROUTES,)),
        "填报任务": ({entry.table.code for entry in configuration.collections}, (COLLECTIONS,)),
        "考核方案": ({entry.scheme.code for entry in configuration.schemes}, ("schemes/",)),
        CHOICE_LIST: ({entry.shared.code for entry in configuration.choice_lists}, ("choices/",)),
        "台账": ({entry.table.code for entry in configuration.registers}, ("registers/",)),
        "方案": ({entry.plan.code for entry in configuration.plans}, ("plans/",)),
        "目标": ({entry.target.code for entry in configuration.targets}, (TARGETS,)),
        "角色": (set(RoleName), ()),
        "单位名册": ({entry.table.code for entry in configuration.cohorts}, (COHORTS,)),
        "单位": (organisation.unit_codes(root), (UNITS,)),
        "单位类型": ({row.code for row in organisation.unit_types}, (UNIT_TYPES,)),
        "单位属性": ({row.name for row in organisation.attributes}, (ATTRIBUTES,)),
        "岗位": (
            {post.name for post in organisation.posts} | {post.name for post in organisation.post_templates},
            (POSTS, POST_TEMPLATES),
        ),
    }
    return {kind: codes for kind, (codes, files) in known.items() if problems.none_in(*files)}


def _check_unique(configuration: Configuration, problems: Problems) -> None:
    lists: Iterable[tuple[str, Sequence[tuple[str, Source]]]] = (
        ("表单", [(entry.form.code, entry.source) for entry in configuration.forms]),
        ("流程", [(entry.route.code, entry.source) for entry in configuration.routes]),
        ("填报任务", [(entry.table.code, entry.source) for entry in configuration.collections]),
        (CHOICE_LIST, [(entry.shared.code, entry.source) for entry in configuration.choice_lists]),
        ("台账", [(entry.table.code, entry.source) for entry in configuration.registers]),
        ("目标", [(entry.target.code, entry.source) for entry in configuration.targets]),
        ("考核方案", [(entry.scheme.code, entry.source) for entry in configuration.schemes]),
        ("方案", [(entry.plan.code, entry.source) for entry in configuration.plans]),
        ("单位名册", [(f"{e.table.code} {e.table.starts_on}", e.source) for e in configuration.cohorts]),
        ("工作组", [(entry.table.code, entry.source) for entry in configuration.body_templates]),
        ("议事协调机构", [(entry.table.code, entry.source) for entry in configuration.bodies]),
    )
    for kind, entries in lists:
        seen: set[str] = set()
        for code, source in entries:
            if code in seen:
                problems.add(source.file, f"{kind}代码“{code}”重复", "请改成不同的代码", line=source.line, path="code")
            seen.add(code)


def _check_forms(configuration: Configuration, references: References) -> None:
    lists = {entry.shared.code: entry.shared.choices for entry in configuration.choice_lists}
    for form in configuration.forms:
        if form.registration is not None:
            references.check("单位", form.registration.owner_unit, form.source.at("registration", "owner_unit"))
        check_choices_of(form.form, form.source, lists, references)


def _check_route(entry: PackRoute, references: References) -> None:
    for index, step in enumerate(entry.route.steps):
        place = entry.source.at("steps", index, "who")
        references.check("角色", step.who.role or None, place)
        references.check("岗位", step.who.post or None, place)
        kind, _, code = step.who.at.partition(":")
        references.check("单位", code if kind == "unit" else None, place)
        references.check("单位类型", code if kind == "ancestor" else None, place)


def _check_collection(entry: PackCollection, organisation: Organisation, references: References) -> None:
    references.check("表单", entry.table.form, entry.source.at("form"))
    references.check("流程", entry.table.route, entry.source.at("route"))
    references.check("方案", entry.table.plan, entry.source.at("plan"))
    references.check("单位", entry.filler.unit or None, entry.source.at("filled_by"))
    references.check("单位类型", _type_code(entry.filler.superior), entry.source.at("filled_by"))
    references.check(
        "单位类型", _type_code(entry.compiling.by) if entry.compiling else None, entry.source.at("compiling")
    )
    _check_cohort(entry.cohort, entry.source.at("cohort"), organisation, references)


def _type_code(superior: str | int) -> str | None:
    """The code of a unit type, where one is meant rather than a level or the parent."""
    return superior if isinstance(superior, str) and superior not in {"", PARENT} else None


def _check_registers(configuration: Configuration, organisation: Organisation, references: References) -> None:
    forms = {each.form.code: each.form for each in configuration.forms}
    for entry in configuration.registers:
        references.check("表单", entry.table.form, entry.source.at("form"))
        references.check("单位", entry.table.owner_unit, entry.source.at("owner_unit"))
        _check_cohort(entry.cohort, entry.source.at("cohort"), organisation, references)
        if entry.table.form in forms:
            check_against_form(entry, forms[entry.table.form], references.problems)


def _check_cohort(
    cohort: Cohort, source: Source, organisation: Organisation, references: References, code: str = ""
) -> None:
    """Note references that lead nowhere, and a cohort in which no unit is; `code` is that of a named one."""
    before = len(references.problems.found)
    for each in cohort.unit_types:
        references.check("单位类型", each, source)
    for each in (*cohort.under, *cohort.units, *cohort.excluded):
        references.check("单位", each, source)
    for condition in cohort.where:
        references.check("单位属性", condition.attribute, source)
    for each in cohort.cohorts:
        references.check("单位名册", each, source)
    if len(references.problems.found) == before:
        _check_named(cohort, source, references, code)
    is_sound = references.must_find_units and len(references.problems.found) == before
    is_sound = is_sound and references.problems.none_in(UNITS, UNIT_TYPES, ATTRIBUTES)
    if is_sound and organisation.units and not members(cohort, organisation, references.named):
        references.problems.add(
            source.file, "单位范围里一个单位也没有", "请放宽 cohort 的条件", line=source.line, path=source.path
        )


def _check_named(cohort: Cohort, source: Source, references: References, code: str) -> None:
    try:
        check_named(cohort, references.named, code)
    except CohortError as error:
        references.problems.add(source.file, str(error), "请改正 cohorts", line=source.line, path=source.path)


def members(cohort: Cohort, organisation: Organisation, named: Named = MappingProxyType({})) -> tuple[UnitRow, ...]:
    """Return the units of the pack that belong to a cohort, in the order of the file."""
    links: dict[str, set[str]] = {}
    for link in organisation.links:
        links.setdefault(link.to_unit, set()).add(link.kind)
    parents = {unit.code: unit.parent for unit in organisation.units}
    found = []
    for unit in organisation.units:
        ancestors: list[str] = []
        parent = unit.parent
        while parent is not None and parent not in ancestors:
            ancestors.append(parent)
            parent = parents.get(parent)
        one = CohortUnit(unit.code, unit.type, ancestors, unit.attributes, links.get(unit.code, set()))
        if membership(one, cohort, named) is Membership.YES:
            found.append(unit)
    return tuple(found)


def _check_scheme(
    entry: PackScheme, configuration: Configuration, organisation: Organisation, references: References
) -> None:
    references.check("填报任务", entry.application.collection, entry.source.at("application", "collection"))
    references.check("流程", entry.application.route, entry.source.at("application", "route"))
    _check_cohort(entry.cohort, entry.source.at("application", "cohort"), organisation, references)
    references.check("单位属性", entry.scheme.settings.peer_group, entry.source.at("settings", "peer_group"))
    for path, rule in rule_paths(entry.scheme):
        for comparison in comparisons_of(rule.applies_when) if rule.applies_when else ():
            references.check("单位属性", comparison.attribute, entry.source.at(*toml_path(path), "applies_when"))
    _check_self_scores(entry, configuration, references)


def _check_self_scores(entry: PackScheme, configuration: Configuration, references: References) -> None:
    """Self-scores come from fields of the same name: a rule scored by hand that no field asks for is never filled."""
    form_codes = {c.table.form for c in configuration.collections if c.table.code == entry.application.collection}
    forms = [f.form for f in configuration.forms if f.form.code in form_codes]
    if not forms:
        return
    names = {field.name for form in forms for _, field in iter_fields(form)}
    for path, rule in rule_paths(entry.scheme):
        place = entry.source.at(*toml_path(path), "code")
        if rule.kind is RuleKind.MANUAL_SCORE and rule.code not in names:
            references.problems.add(
                place.file,
                f"自评表单里没有与计分规则“{rule.code}”同名的字段",
                "请在表单中加上同名字段，或改正规则代码",
                line=place.line,
                path=place.path,
            )


def _check_plan(entry: PackPlan, references: References) -> None:
    plan, source = entry.plan, entry.source
    references.check("单位", plan.unit, source.at("unit"))
    references.check("流程", plan.route, source.at("route"))
    references.check("岗位", plan.signatory or None, source.at("signatory"))
    for code in plan.countersign_units:
        references.check("单位", code, source.at("countersign_units"))
    tasks: set[str] = set()
    for index, task in enumerate(plan.tasks):
        place = source.at("tasks", index)
        if task.code in tasks:
            text = f"任务代码“{task.code}”重复"
            references.problems.add(place.file, text, "请改成不同的代码", line=place.line, path=place.path)
        tasks.add(task.code)
        _check_parts(task.parts, place, references)


def _check_somebody_countersigns(configuration: Configuration, organisation: Organisation, problems: Problems) -> None:
    """A unit that a plan lists for countersigning needs somebody who may, or the plan would wait there for ever."""
    if not organisation.people:
        return
    held = {(ref.unit, ref.name) for person in organisation.people for ref in person.posts}
    posts = [post for post in organisation.posts if (post.unit, post.name) in held]
    able = {(post.unit, role.value) for post in posts for role in post.roles} | {(p.unit, p.name) for p in posts}
    routes = {entry.route.code: entry.route for entry in configuration.routes}
    for entry in configuration.plans:
        place = entry.source.at("countersign_units")
        for step in routes[entry.plan.route].steps if entry.plan.route in routes else ():
            wanted = step.who.role or step.who.post
            for code in entry.plan.countersign_units if step.who.at == LISTED_UNITS else ():
                if (code, wanted) not in able:
                    text = f"会签单位“{code}”没有人担任“{wanted}”"
                    problems.add(
                        place.file, text, "请在 org/people.csv 中配人，或改正会签单位", line=place.line, path=place.path
                    )


def _check_parts(parts: Sequence[PartTable], task: Source, references: References) -> None:
    codes = [part.code for part in parts]
    for index, part in enumerate(parts):
        place = task.at("parts", index)
        if part.code in codes[:index]:
            text = f"分项代码“{part.code}”重复"
            references.problems.add(place.file, text, "请改成不同的代码", line=place.line, path=place.path)
        for part_unit in part.units:
            references.check("单位", part_unit.unit, place.at("units"))
            references.check("单位类型", part_unit.unit_type, place.at("units"))
