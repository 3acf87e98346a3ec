"""Checks of the history in a pack: every unit, rule, field and task that it tells of exists and fits."""

from __future__ import annotations

from saas.domain.fields import iter_fields
from saas.domain.scheme import RuleKind
from saas.tenancy.pack_configuration import Configuration, PackCollection, PackScheme
from saas.tenancy.pack_content import History, SubmissionCase
from saas.tenancy.pack_organisation import Organisation
from saas.tenancy.pack_reference_list import References
from saas.tenancy.pack_references import members
from saas.tenancy.pack_source import Source

_WITH_REASON = {SubmissionCase.RETURNED, SubmissionCase.RESUBMITTED, SubmissionCase.NOT_APPLICABLE}


def check_history(configuration: Configuration, organisation: Organisation, references: References) -> None:
    """Note every entry of the history that names something the pack does not have, once the rest is in order."""
    if configuration.history is None or references.problems.found:
        return
    history, source = configuration.history.history, configuration.history.source
    _check_submissions(history, source, configuration, organisation, references)
    _check_rounds(history, source, configuration, organisation, references)
    for index, reading in enumerate(history.target_values):
        place = source.at("target_values", index)
        references.check("目标", reading.target, place.at("target"))
        references.check("单位", reading.unit, place.at("unit"))
    for index, plan in enumerate(history.plans):
        references.check("方案", plan.plan, source.at("plans", index, "plan"))
    parts = {(p.plan.code, t.code, part.code) for p in configuration.plans for t in p.plan.tasks for part in t.parts}
    for index, report in enumerate(history.task_reports):
        place = source.at("task_reports", index)
        references.check("单位", report.unit, place.at("unit"))
        if (report.plan, report.task, report.part) not in parts:
            _note(references, place, f"没有任务“{report.plan} {report.task} {report.part}”", "请改正 plan、task、part")


def _note(references: References, place: Source, message: str, advice: str) -> None:
    references.problems.add(place.file, message, advice, line=place.line, path=place.path)


def _check_submissions(
    history: History, source: Source, configuration: Configuration, organisation: Organisation, references: References
) -> None:
    collections = {entry.table.code: entry for entry in configuration.collections}
    for index, case in enumerate(history.submissions):
        place = source.at("submissions", index)
        references.check("填报任务", case.collection, place.at("collection"))
        if case.case in _WITH_REASON and not case.reason:
            _note(references, place, "缺少“reason”", "退回和不适用要写明原因")
        if case.collection not in collections:
            continue
        collection = collections[case.collection]
        cohort = {unit.code for unit in members(collection.cohort, organisation, references.named)}
        for code in case.units:
            if code not in cohort:
                _note(references, place.at("units"), f"单位“{code}”不在这项填报的范围内", "请改正 units")
        _check_answers(tuple(case.answers), collection, place.at("answers"), configuration, references)
    for index, spread in enumerate(history.answers):
        place = source.at("answers", index)
        references.check("填报任务", spread.collection, place.at("collection"))
        if spread.high < spread.low:
            _note(references, place, "high 小于 low", "请改正")
        if spread.collection in collections:
            _check_answers(
                (spread.field,), collections[spread.collection], place.at("field"), configuration, references
            )


def _check_answers(
    names: tuple[str, ...],
    collection: PackCollection,
    place: Source,
    configuration: Configuration,
    references: References,
) -> None:
    forms = [entry.form for entry in configuration.forms if entry.form.code == collection.table.form]
    known = {field.name for form in forms for _, field in iter_fields(form)}
    for name in names:
        if forms and name not in known:
            _note(references, place, f"表单“{collection.table.form}”没有字段“{name}”", "请改正字段名")


def _check_rounds(
    history: History, source: Source, configuration: Configuration, organisation: Organisation, references: References
) -> None:
    schemes = {entry.scheme.code: entry for entry in configuration.schemes}
    assessed = {
        code: {u.code for u in members(entry.cohort, organisation, references.named)} for code, entry in schemes.items()
    }
    for index, rounds in enumerate(history.rounds):
        references.check("考核方案", rounds.scheme, source.at("rounds", index, "scheme"))
    for index, rate in enumerate(history.finding_rates):
        _check_rule(schemes.get(rate.scheme), rate.rule, source.at("finding_rates", index), references)
    for index, reading in enumerate(history.readings):
        place = source.at("readings", index)
        _check_rule(schemes.get(reading.scheme), reading.rule, place, references)
        references.check("单位属性", reading.attribute, place.at("attribute"))
    for index, fact in enumerate(history.facts):
        place = source.at("facts", index)
        references.check("考核方案", fact.scheme, place.at("scheme"))
        _check_rule(schemes.get(fact.scheme), fact.rule, place, references)
        _check_assessed(fact.unit, assessed.get(fact.scheme), place.at("unit"), references)
    for index, score in enumerate(history.scores):
        place = source.at("scores", index)
        references.check("考核方案", score.scheme, place.at("scheme"))
        for code in score.scores:
            _check_rule(schemes.get(score.scheme), code, place.at("scores"), references, is_score=True)
        for unit in (score.unit, score.same_as):
            if unit is not None:
                _check_assessed(unit, assessed.get(score.scheme), place.at("unit"), references)


def _check_rule(
    scheme: PackScheme | None, rule: str, place: Source, references: References, *, is_score: bool = False
) -> None:
    if scheme is None:
        return
    rules = {entry.code for entry in scheme.scheme.rules if (entry.kind is RuleKind.MANUAL_SCORE) is is_score}
    if rule not in rules:
        what = "人工评分的规则" if is_score else "按发现情况计算的规则"
        _note(references, place, f"考核方案“{scheme.scheme.code}”没有{what}“{rule}”", "请改正规则代码")


def _check_assessed(unit: str, assessed: set[str] | None, place: Source, references: References) -> None:
    if assessed is not None and unit not in assessed:
        _note(references, place, f"单位“{unit}”不在考核范围内", "请改正")
