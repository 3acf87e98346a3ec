"""Forms, routes, collections, targets, schemes and plans of a pack: read by the domain's own readers.

The domain reports a mistake with its path (`fields[2].min`); here it gets its file and line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from saas.domain.bodies import BodyRules, rules_from_mapping
from saas.domain.cohorts import Cohort, cohort_from_mapping
from saas.domain.compiling import Compiling, compiling_from_mapping
from saas.domain.fields import FormDefinition, form_from_mapping
from saas.domain.fillers import Filler, filler_from_mapping
from saas.domain.periods import OwnDays
from saas.domain.routes import Route, route_from_mapping
from saas.domain.scheme import AssessmentScheme
from saas.domain.scheme_reading import scheme_from_mapping
from saas.domain.target_format import target_from_mapping
from saas.domain.targets import Target
from saas.domain.windows import Window, own_days_from_mapping, window_from_mapping
from saas.tenancy.pack_choices import FOLDER as CHOICES
from saas.tenancy.pack_choices import PackChoiceList, read_choice_list
from saas.tenancy.pack_content import Application, CollectionTable, History, PlanTable, Registration
from saas.tenancy.pack_errors import build_toml
from saas.tenancy.pack_files import Problems, Terms, TomlFile, TomlPath, read_toml
from saas.tenancy.pack_registers import FOLDER, PackRegister, read_register
from saas.tenancy.pack_source import Read, Source, check_file_name, read_with
from saas.tenancy.pack_structure import BodyTable, BodyTemplateTable, CohortTable

ROUTES, COLLECTIONS, TARGETS, HISTORY = "routes.toml", "collections.toml", "targets.toml", "history.toml"
COHORTS, BODIES = "cohorts.toml", "bodies.toml"


@dataclass(frozen=True, slots=True)
class PackForm:
    """A form of the pack. `registration` is absent where the pack does not say who asks."""

    source: Source
    form: FormDefinition
    registration: Registration | None


@dataclass(frozen=True, slots=True)
class PackRoute:
    """A review route of the pack."""

    source: Source
    route: Route


@dataclass(frozen=True, slots=True)
class PackCollection:
    """A collection of the pack with its cohort, window, own days, filler and compiler read."""

    source: Source
    table: CollectionTable
    cohort: Cohort
    window: Window
    own: OwnDays | None
    filler: Filler
    compiling: Compiling | None


@dataclass(frozen=True, slots=True)
class PackTarget:
    """A target of a plan, with the unit that reports it."""

    source: Source
    plan: str
    target: Target
    responsible_unit: str | None


@dataclass(frozen=True, slots=True)
class PackScheme:
    """An assessment scheme and how it is used."""

    source: Source
    scheme: AssessmentScheme
    application: Application
    cohort: Cohort


@dataclass(frozen=True, slots=True)
class PackPlan:
    """A plan of the pack."""

    source: Source
    plan: PlanTable


@dataclass(frozen=True, slots=True)
class PackCohort:
    """A named cohort of the pack with its definition read."""

    source: Source
    table: CohortTable
    cohort: Cohort


@dataclass(frozen=True, slots=True)
class PackBodyTemplate:
    """A body that every unit of some types has."""

    source: Source
    table: BodyTemplateTable
    rules: BodyRules


@dataclass(frozen=True, slots=True)
class PackBody:
    """A body of one unit."""

    source: Source
    table: BodyTable
    rules: BodyRules


@dataclass(frozen=True, slots=True)
class PackHistory:
    """The history of a demonstration."""

    source: Source
    history: History


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a county does: everything in a pack but its organisation."""

    forms: tuple[PackForm, ...] = ()
    routes: tuple[PackRoute, ...] = ()
    collections: tuple[PackCollection, ...] = ()
    targets: tuple[PackTarget, ...] = ()
    schemes: tuple[PackScheme, ...] = ()
    plans: tuple[PackPlan, ...] = ()
    cohorts: tuple[PackCohort, ...] = ()
    body_templates: tuple[PackBodyTemplate, ...] = ()
    bodies: tuple[PackBody, ...] = ()
    registers: tuple[PackRegister, ...] = ()
    choice_lists: tuple[PackChoiceList, ...] = ()
    history: PackHistory | None = None


def read_configuration(folder: Path, problems: Problems, terms: Terms) -> Configuration:
    """Read every TOML file of a pack but its head. What is not there is empty."""
    toml = _Folder(folder, problems, terms)
    bodies = toml.file(BODIES)
    return Configuration(
        forms=_present(_form(source, problems) for source in toml.files("forms")),
        routes=_present(_routes(toml.file(ROUTES), problems)),
        collections=_present(_collections(toml.file(COLLECTIONS), problems)),
        targets=_present(_targets(toml.file(TARGETS), problems, terms.year)),
        schemes=_present(_scheme(source, problems) for source in toml.files("schemes")),
        plans=_present(_plan(source, problems) for source in toml.files("plans")),
        cohorts=_present(_cohorts(toml.file(COHORTS), problems)),
        body_templates=_present(_body_templates(bodies, problems)),
        bodies=_present(_bodies(bodies, problems)),
        registers=_present(read_register(source, problems) for source in toml.files(FOLDER)),
        choice_lists=_present(read_choice_list(source, problems) for source in toml.files(CHOICES)),
        history=_history(toml.file(HISTORY), problems),
    )


@dataclass(frozen=True, slots=True)
class _Folder:
    folder: Path
    problems: Problems
    terms: Terms

    def file(self, name: str) -> TomlFile | None:
        if not (self.folder / name).is_file():
            return None
        return read_toml(self.folder, name, self.problems, self.terms)

    def files(self, subfolder: str) -> Iterator[TomlFile]:
        for path in sorted((self.folder / subfolder).glob("*.toml")):
            source = self.file(f"{subfolder}/{path.name}")
            if source is not None:
                yield source


def _present(entries: Iterator[Read | None]) -> tuple[Read, ...]:
    return tuple(entry for entry in entries if entry is not None)


def _form(source: TomlFile, problems: Problems) -> PackForm | None:
    mapping = dict(source.mapping)
    table = mapping.pop("registration", None)
    form = read_with(form_from_mapping, mapping, source, problems)
    registration = None
    if table is not None:
        registration = build_toml(Registration, source, table, problems, ("registration",))
    if form is None:
        return None
    check_file_name(source, form.code, problems)
    return PackForm(Source(source), form, registration)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One table of a list of tables, with its place."""

    source: TomlFile
    prefix: TomlPath
    mapping: dict[str, Any]

    @property
    def place(self) -> Source:
        return Source(self.source, self.prefix)


def _entries(source: TomlFile | None, key: str, problems: Problems, others: Sequence[str] = ()) -> Iterator[_Entry]:
    """Yield the tables of the list `key`, after noting keys that the file does not have."""
    if source is None:
        return
    for name in source.mapping:
        if name != key and name not in others:
            problems.add(
                source.file, f"不认识“{name}”", f"这个文件写 [[{key}]]", line=source.line_of([name]), path=name
            )
    entries = source.mapping.get(key, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        problems.add(source.file, f"“{key}”应为一组表", f"请写成 [[{key}]]", line=source.line_of([key]), path=key)
        return
    for index, entry in enumerate(entries):
        yield _Entry(source, (key, index), dict(entry))


def _routes(source: TomlFile | None, problems: Problems) -> Iterator[PackRoute | None]:
    for entry in _entries(source, "routes", problems):
        route = read_with(route_from_mapping, entry.mapping, entry.source, problems, entry.prefix)
        yield PackRoute(entry.place, route) if route else None


def _collections(source: TomlFile | None, problems: Problems) -> Iterator[PackCollection | None]:
    for entry in _entries(source, "collections", problems):
        table = build_toml(CollectionTable, entry.source, entry.mapping, problems, entry.prefix)
        if table is None:
            continue
        cohort = read_with(cohort_from_mapping, table.cohort, entry.source, problems, entry.prefix)
        window = read_with(window_from_mapping, table.window, entry.source, problems, entry.prefix)
        own = read_with(own_days_from_mapping, table.own, entry.source, problems, entry.prefix) if table.own else None
        if (table.cadence == "window") != bool(table.own):
            place = entry.place.at("own")
            advice = '周期为 "window" 时写 own = { start = "11-01", end = "09-30" }，其他周期不写'
            problems.add(place.file, "own 与周期不符", advice, line=entry.place.line, path=place.path)
        filler = read_with(filler_from_mapping, dict(table.filled_by or {}), entry.source, problems, entry.prefix)
        compiling = _compiling(table.compiling, entry, problems)
        if cohort is not None and window is not None and filler is not None:
            yield PackCollection(entry.place, table, cohort, window, own, filler, compiling)


def _compiling(mapping: Mapping[str, Any] | None, entry: _Entry, problems: Problems) -> Compiling | None:
    """Who compiles; an empty table is as good as none."""
    return read_with(compiling_from_mapping, mapping, entry.source, problems, entry.prefix) if mapping else None


def _targets(source: TomlFile | None, problems: Problems, year: int) -> Iterator[PackTarget | None]:
    of_all = source.mapping.get("plan") if source else None
    for entry in _entries(source, "targets", problems, ("plan",)):
        plan, unit = entry.mapping.pop("plan", of_all), entry.mapping.pop("responsible_unit", None)
        if not isinstance(plan, str):
            advice = '请在文件开头写明目标属于哪个方案，如 plan = "…"；各目标不同的，写在各自的表里'
            problems.add(
                entry.source.file, "缺少“plan”", advice, line=entry.place.line, path=entry.place.at("plan").path
            )
            continue
        if unit is not None and not isinstance(unit, str):
            place = entry.place.at("responsible_unit")
            problems.add(
                place.file, "“responsible_unit”应当是文字", "请写一个单位代码", line=place.line, path=place.path
            )
            continue
        target = read_with(
            partial(target_from_mapping, plan_year=year), entry.mapping, entry.source, problems, entry.prefix
        )
        if target is not None:
            yield PackTarget(entry.place, plan, target, unit)


def _scheme(source: TomlFile, problems: Problems) -> PackScheme | None:
    mapping = dict(source.mapping)
    table = mapping.pop("application", {})
    application = build_toml(Application, source, table, problems, ("application",))
    scheme = read_with(scheme_from_mapping, mapping, source, problems)
    if application is None or scheme is None:
        return None
    check_file_name(source, scheme.code, problems)
    cohort = read_with(cohort_from_mapping, application.cohort, source, problems, ("application",))
    return PackScheme(Source(source), scheme, application, cohort) if cohort else None


def _plan(source: TomlFile, problems: Problems) -> PackPlan | None:
    plan = build_toml(PlanTable, source, source.mapping, problems)
    if plan is None:
        return None
    check_file_name(source, plan.code, problems)
    return PackPlan(Source(source), plan)


def _cohorts(source: TomlFile | None, problems: Problems) -> Iterator[PackCohort | None]:
    for entry in _entries(source, "cohorts", problems):
        table = build_toml(CohortTable, entry.source, entry.mapping, problems, entry.prefix)
        if table is None:
            continue
        prefix = (*entry.prefix, "definition")
        cohort = read_with(cohort_from_mapping, table.definition, entry.source, problems, prefix)
        yield PackCohort(entry.place, table, cohort) if cohort else None


def _body_templates(source: TomlFile | None, problems: Problems) -> Iterator[PackBodyTemplate | None]:
    for entry in _entries(source, "templates", problems, ("bodies",)):
        table = build_toml(BodyTemplateTable, entry.source, entry.mapping, problems, entry.prefix)
        rules = _rules(table, entry, problems)
        yield PackBodyTemplate(entry.place, table, rules) if table and rules else None


def _bodies(source: TomlFile | None, problems: Problems) -> Iterator[PackBody | None]:
    for entry in _entries(source, "bodies", Problems(), ("templates",)):
        table = build_toml(BodyTable, entry.source, entry.mapping, problems, entry.prefix)
        rules = _rules(table, entry, problems)
        yield PackBody(entry.place, table, rules) if table and rules else None


def _rules(table: BodyTable | BodyTemplateTable | None, entry: _Entry, problems: Problems) -> BodyRules | None:
    if table is None:
        return None
    return read_with(rules_from_mapping, table.rules, entry.source, problems, (*entry.prefix, "rules"))


def _history(source: TomlFile | None, problems: Problems) -> PackHistory | None:
    history = build_toml(History, source, source.mapping, problems) if source else None
    return PackHistory(Source(source), history) if source and history else None
