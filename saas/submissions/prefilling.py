"""What the county already knows is not asked again (预填): where first values come from, and what became of them.

Nothing is invented: a source that says nothing leaves its question empty, and why is said beside it.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from saas.db import local_clock, local_today
from saas.domain.answers import (
    NOT_APPLICABLE_SUFFIX,
    answers_from_stored,
    canonical_answers,
    initial_raw,
    plain_answer,
    raw_from_answers,
)
from saas.domain.canonical_json import digest
from saas.domain.fields import NUMBERS, Field, FieldType, FormDefinition, child_path
from saas.domain.fields.prefilled import find_field, fits, prefilled
from saas.domain.filed import shown_answer
from saas.domain.first_values import with_first_values
from saas.domain.periods import Period
from saas.domain.prefill import Prefill, SourceKind, read_prefill
from saas.domain.values import Refused, parse_value
from saas.org.models import OrgUnit
from saas.registers.figures import RegisterValue, register_figures
from saas.submissions import queries
from saas.submissions.defining import definition_of
from saas.submissions.earlier import UnitThen, latest_reports, report_name, unit_then
from saas.submissions.models import Collection, Submission
from saas.submissions.schedule import period_of_submission
from saas.submissions.summing import Report, reports_within, total_of

_UNIT_FACTS = {"name": _l("名称"), "code": _l("编码"), "parent": _l("上级单位")}


@dataclass(frozen=True, slots=True)
class Offer:
    """What a source says for a question: typed texts, or none and the reason. `called` names the source."""

    called: str
    day: date
    typed: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What a source says before it is held against the question."""

    called: str
    day: date
    typed: Sequence[str] = ()
    problem: str = ""
    measure: str = ""


class Sources:
    """What stands behind one unit's form for one period. At most three statements, each when it is first needed.

    The last report also stands beside the questions, so it is read in any case; other forms come with it.
    """

    def __init__(self, form: FormDefinition, collection: Collection, unit: OrgUnit, period: Period) -> None:
        self.form, self.collection, self.unit, self.period = form, collection, unit, period
        self.fields = prefilled(form)
        self._offers: dict[str, Offer] = {}
        self.wanted: Mapping[str, Prefill] = {path: read_prefill(item.prefill) for path, item in self.fields.items()}

    @cached_property
    def day(self) -> date:
        """The day whose facts count: the last one of the period, or today while it lasts."""
        return max(min(self.period.end, local_today()), self.unit.valid_from)

    @cached_property
    def last(self) -> Submission | None:
        """What the unit handed in for the period before (上期填报), or None."""
        return next((each for each in self._reports if each.collection_id == self.collection.id), None)

    def offer(self, path: str) -> Offer:
        """What the source of a question says."""
        said = _SAYING[self.wanted[path].kind](self, self.wanted[path], path)
        return _held_against(self.fields[path], said)

    def offers(self, *, only_followed: bool = False) -> dict[str, Offer]:
        """What the sources say, by path; `only_followed`: of the questions that nobody answers (结转)."""
        wanted = [path for path, item in self.fields.items() if not only_followed or follows(item)]
        for path in wanted:
            if path not in self._offers:
                self._offers[path] = self.offer(path)
        return {path: self._offers[path] for path in wanted}

    def known(self) -> dict[str, str]:
        """The values of read-only questions by path: what the county knows of the unit, and what sources say."""
        offers = self.offers(only_followed=True)
        known = {path: value for path, value in queries.known_values(self.unit).items() if path not in offers}
        return known | {path: " ".join(offer.typed) for path, offer in offers.items() if offer.typed}

    @cached_property
    def form_to_fill(self) -> FormDefinition:
        """The form as it is filled: a read-only question whose source says nothing is answered by hand (首期结转)."""
        silent = {
            path
            for path, offer in self.offers(only_followed=True).items()
            if not offer.typed and not self.fields[path].default and not self.fields[path].initial
        }
        return replace(self.form, fields=_opened(self.form.fields, "", silent)) if silent else self.form

    @cached_property
    def _reports(self) -> Sequence[Submission]:
        return latest_reports(self.collection, self.unit, self.period, self._forms_read)

    @property
    def _forms_read(self) -> frozenset[str]:
        """The forms whose newest report is wanted."""
        wanted = self.wanted.values()
        return frozenset(each.code for each in wanted if each.kind is SourceKind.FORM and each.figure is None)

    @property
    def _forms_added_up(self) -> frozenset[str]:
        """The forms whose reports within the period are added up."""
        wanted = self.wanted.values()
        return frozenset(each.code for each in wanted if each.kind is SourceKind.FORM and each.figure is not None)

    @cached_property
    def _within(self) -> Mapping[str, Sequence[Report]]:
        found = reports_within([self.unit.id], self._forms_added_up, self.period, self.collection)
        return found.get(self.unit.id, {})

    @cached_property
    def _unit(self) -> UnitThen:
        if self.day == local_today() and not any(source.code == "parent" for source in self.wanted.values()):
            return UnitThen(self.unit.name, self.unit.attributes, "")
        return unit_then(self.unit, self.day)

    @cached_property
    def _registers(self) -> Mapping[Prefill, RegisterValue]:
        figures = register_figures([self.unit.id], self._wanted_of_registers, self.period.start, self.period.end)
        return figures[self.unit.id]

    @property
    def _wanted_of_registers(self) -> tuple[Prefill, ...]:
        return tuple(source for source in self.wanted.values() if source.kind is SourceKind.REGISTER)

    # --- one kind of source each ------------------------------------------------------------------------------------

    def _attribute(self, source: Prefill, _path: str) -> Said:
        described = next((each for each in self.unit.unit_type.attributes if each["name"] == source.code), {})
        called = gettext("单位信息 %(name)s", name=described.get("label") or source.code)
        value = self._unit.attributes.get(source.code)
        if value is None or value == "":
            return Said(called, self.day, problem=gettext("没有登记"))
        return Said(called, self.day, [queries.typed_attribute(value)], measure=described.get("measure") or "")

    def _fact(self, source: Prefill, _path: str) -> Said:
        called = gettext("单位信息 %(name)s", name=_UNIT_FACTS[source.code])
        value = self.unit.code if source.code == "code" else getattr(self._unit, source.code)
        return Said(called, self.day, [value] if value else (), "" if value else gettext("没有登记"))

    def _period(self, source: Prefill, _path: str) -> Said:
        values = {"start": self.period.start.isoformat(), "end": self.period.end.isoformat()}
        return Said(gettext("填报期"), self.day, [values.get(source.code, self.period.label)])

    def _last_report(self, source: Prefill, path: str) -> Said:
        if self.last is None:
            return Said(gettext("上期填报"), self.day, problem=gettext("还没有上期填报"))
        called = report_name(self.last)
        return _from_report(self.last, source.path or path, self.fields[path], called, names_field=bool(source.path))

    def _added_up(self, source: Prefill) -> Said:
        total = total_of(source, self._within.get(source.code, ()))
        called = gettext("%(period)s内 %(count)s 份填报合计", period=self.period.label, count=total.count)
        if total.is_ambiguous:
            return Said(called, self.day, problem=gettext("有几个填报任务用这张表，合计会重复"))
        if total.value is None:
            return Said(called, self.day, problem=gettext("没有可以合计的数"))
        if len(total.measures) > 1:
            return Said(called, self.day, problem=gettext("计量单位不同"))
        return Said(called, self.day, [plain_answer(total.value)], measure="".join(total.measures))

    def _other_form(self, source: Prefill, path: str) -> Said:
        if source.figure is not None:
            return self._added_up(source)
        found = [each for each in self._reports if each.collection.form.code == source.code]
        newest = max(found, key=lambda each: (each.period_end, each.period_start, str(each.id)), default=None)
        if newest is None:
            return Said(gettext("其他表单填报"), self.day, problem=gettext("还没有填报"))
        called = report_name(newest, newest.collection.name)
        return _from_report(newest, source.path, self.fields[path], called, names_field=True)

    def _register(self, source: Prefill, _path: str) -> Said:
        found = self._registers.get(source)
        if found is None:
            return Said(gettext("台账"), self.day, problem=gettext("没有编码为“%(code)s”的台账", code=source.code))
        called = gettext("台账 %(name)s", name=found.name)
        if found.value is None:
            return Said(called, self.day, problem=gettext("没有可以合计的数"))
        return Said(called, self.day, [plain_answer(found.value)])


_SAYING = {
    SourceKind.ATTRIBUTE: Sources._attribute,
    SourceKind.UNIT: Sources._fact,
    SourceKind.PERIOD: Sources._period,
    SourceKind.LAST: Sources._last_report,
    SourceKind.FORM: Sources._other_form,
    SourceKind.REGISTER: Sources._register,
}


def follows(item: Field) -> bool:
    """Whether a question follows its source until it is handed in, instead of being answered by somebody."""
    return bool(item.prefill) and (item.read_only or item.type is FieldType.HIDDEN)


def _opened(fields: Sequence[Field], parent: str, paths: Container[str]) -> tuple[Field, ...]:
    found = []
    for item in fields:
        path = child_path(parent, item.name)
        if item.type is FieldType.GROUP:
            found.append(replace(item, fields=_opened(item.fields, path, paths)))
        else:
            found.append(replace(item, read_only=False) if path in paths else item)
    return tuple(found)


def sources_of(submission: Submission) -> Sources:
    """The sources of a submission's own form."""
    return Sources(definition_of(submission), submission.collection, submission.unit, period_of_submission(submission))


def _from_report(report: Submission, name: str, target: Field, called: str, *, names_field: bool) -> Said:
    form = definition_of(report)
    found = find_field(form, name)
    if found is None or not fits(found[1], target):
        return Said(called, report.period_end, problem=gettext("那时没有问这一项，或者计量单位不同"))
    path, item = found
    if names_field:
        called = gettext("%(report)s“%(field)s”", report=called, field=item.label)
    raw = raw_from_answers(form, answers_from_stored(form, report.answers))
    typed = raw.get(path, [])
    if typed:
        return Said(called, report.period_end, typed, measure=item.measure)
    is_declared = raw.get(path + NOT_APPLICABLE_SUFFIX)
    return Said(called, report.period_end, problem=gettext("填的是不适用") if is_declared else gettext("没有填"))


def _held_against(item: Field, said: Said) -> Offer:
    """A value that is no answer to the question is not offered, and neither is one in another measure."""
    if said.problem:
        return Offer(said.called, said.day, problem=said.problem)
    if item.type in NUMBERS and said.measure and item.measure and said.measure != item.measure:
        return Offer(said.called, said.day, problem=gettext("计量单位不同"))
    try:
        parse_value(item, said.typed)
    except Refused:
        problem = gettext("“%(value)s”填不进本项", value=" ".join(said.typed)[:40])
        return Offer(said.called, said.day, problem=problem)
    return Offer(said.called, said.day, tuple(said.typed))


# --- what became of it ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an answer came from, as it is kept with the report, and whether it still says so."""

    called: str
    shown: str
    is_changed: bool

    @property
    def words(self) -> str:
        """来自：…, or what it was before somebody changed it."""
        if self.is_changed:
            return str(gettext("已修改（原 %(value)s，来自：%(source)s）", value=self.shown, source=self.called))
        return str(gettext("来自：%(source)s", source=self.called))


def note_sources(submission: Submission, sources: Sources | None = None) -> None:
    """Keep what the sources say when a form is begun; `sources` where the caller has read them already."""
    sources = sources or sources_of(submission)
    if sources.fields:
        submission.origins = origins_from(sources, sources.offers())


def origins_from(sources: Sources, offers: Mapping[str, Offer]) -> dict[str, Any]:
    """What is kept of the offers that have a value, by path."""
    return {
        path: kept_origin(sources.fields[path], sources.fields[path].prefill, offer, offer.typed)
        for path, offer in offers.items()
        if offer.typed
    }


def kept_origin(item: Field, source: str, offer: Offer, typed: Sequence[str]) -> dict[str, Any]:
    """One origin as it is stored: the source, what it is called, its day, and the value as it is stored and shown."""
    value = parse_value(item, typed)
    stored = canonical_answers(FormDefinition("origin", "", (item,)), {item.name: value})[item.name]
    return {
        "source": source,
        "called": offer.called,
        "day": offer.day.isoformat(),
        "value": stored,
        "shown": shown_answer(item, value),
    }


def kept_rows(called: str, day: date, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The origin of a whole repeat: its rows are known by their digest."""
    shown = gettext("%(count)s 行", count=len(rows))
    return {"source": "last", "called": called, "day": day.isoformat(), "rows": digest({"rows": rows}), "shown": shown}


def follow_sources(submission: Submission, sources: Sources) -> None:
    """Keep where the answers that follow their source come from now."""
    if not any(follows(item) for item in sources.fields.values()):
        return
    offers = sources.offers(only_followed=True)
    kept = {path: origin for path, origin in submission.origins.items() if path not in offers}
    origins = kept | origins_from(sources, offers)
    if origins != submission.origins:
        submission.origins = origins


def origins_of(origins: Mapping[str, Any], stored: Mapping[str, Any]) -> dict[str, Origin]:
    """What is known of the origins of stored answers, by path."""
    return {path: _origin(kept, answer_at(stored, path)) for path, kept in origins.items()}


def _origin(kept: Mapping[str, Any], answer: Any) -> Origin:
    is_same = digest({"rows": answer or []}) == kept["rows"] if "rows" in kept else answer == kept["value"]
    return Origin(kept["called"], kept["shown"], not is_same)


def answer_at(stored: Mapping[str, Any], path: str) -> Any:
    """The stored answer of a question or a repeat outside of repeats."""
    value: Any = stored
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def first_raw(sources: Sources) -> dict[str, list[str]]:
    """What stands in a form that is opened the first time: defaults, what is known of the unit, and the sources."""
    raw = initial_raw(sources.form, known=queries.known_values(sources.unit))
    for path, offer in sources.offers().items():
        raw[path] = list(offer.typed) or [sources.fields[path].default]
    return with_first_values(sources.form_to_fill, raw, local_clock(), sources.known())


def draft_raw(sources: Sources, submission: Submission) -> dict[str, list[str]]:
    """What stands in a form that was begun; what follows its source is as the source is now."""
    raw = raw_from_answers(sources.form, answers_from_stored(sources.form, submission.answers))
    followed = sources.offers(only_followed=True)
    return raw | {path: list(offer.typed) for path, offer in followed.items() if offer.typed}


# --- what the page shows --------------------------------------------------------------------------------------------


def fold(nodes: Sequence[Mapping[str, Any]], settled: Iterable[str]) -> list[dict[str, Any]]:
    """Put the questions that are answered already behind one line (已预填，展开核对); the order stays."""
    return _folded(nodes, frozenset(settled))


def _folded(nodes: Sequence[Mapping[str, Any]], settled: frozenset[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for node in nodes:
        count = _settled_count(node, settled)
        if count == 0:
            found.append({**node, "nodes": _folded(node["nodes"], settled)} if node["kind"] == "group" else {**node})
        elif found and found[-1]["kind"] == "folded":
            found[-1]["nodes"].append(node)
            found[-1]["count"] += count
        else:
            found.append({"kind": "folded", "name": "", "id": f"folded-{node['id']}", "nodes": [node], "count": count})
    return found


def _settled_count(node: Mapping[str, Any], settled: frozenset[str]) -> int:
    """How many questions a node hides; 0 unless all of them are settled."""
    if node["kind"] == "group":
        counts = [
            _settled_count(each, settled) for each in node["nodes"] if each["kind"] not in {"note", "odd", "kept"}
        ]
        return sum(counts) if counts and all(counts) else 0
    return int(node.get("name", "") in settled and not node.get("error"))
