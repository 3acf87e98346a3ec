"""Adding up what units reported in a period on another form (一次填报、多处使用): days to a month, months to a year."""

from __future__ import annotations

import uuid
from collections.abc import Collection as Several
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on

from saas.db import db
from saas.domain.answers import answers_from_stored
from saas.domain.fields import FormDefinition
from saas.domain.fields.prefilled import find_field
from saas.domain.periods import Period
from saas.domain.prefill import Prefill, RegisterFigure
from saas.domain.records import answer_at
from saas.forms.definitions import definition_of_version
from saas.forms.models import FormDefinition as Form
from saas.submissions.earlier import load_versions
from saas.submissions.flags import HANDED_IN, IS_SIGNED
from saas.submissions.models import Collection, Submission


@dataclass(frozen=True, slots=True)
class Report:
    """One report that is added up."""

    collection_id: uuid.UUID
    form: FormDefinition
    answers: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Total:
    """What the reports of a period come to. `count`: how many there are; `value` None: none of them has a figure."""

    count: int
    value: Decimal | None
    measures: frozenset[str] = frozenset()
    is_ambiguous: bool = False  # several collections ask for the form: adding all of them up would count twice


def reports_within(
    unit_ids: Several[uuid.UUID], codes: Several[str], period: Period, but: Collection
) -> Mapping[uuid.UUID, Mapping[str, Sequence[Report]]]:
    """Return by unit, then by the form's code, the reports that belong to a period. Two statements.

    A report belongs where its last day lies, if it is not the longer one: a week to the month of its Sunday.
    A report counts once it is handed in and until it is sent back, a signed one until its correction is signed; “not
    applicable” is no report. The daily reports of a sensitive period repeat what is reported anyway, and `but` is the
    collection that asks.
    """
    rows = db.session.execute(
        select(Submission.unit_id, Form.code, Submission.collection_id, Submission.form_version_id, Submission.answers)
        .join(Collection, Collection.id == Submission.collection_id)
        .join(Form, Form.id == Collection.form_id)
        .where(
            Submission.unit_id.in_(unit_ids),
            Form.code.in_(codes),
            Collection.id != but.id,
            Collection.extends_id.is_(None),
            Submission.period_end.between(period.start, period.end),
            Submission.period_end - Submission.period_start <= (period.end - period.start).days,
            Submission.status.in_(HANDED_IN),
            ~Submission.is_not_applicable,
        )
        .ext(distinct_on(Submission.unit_id, Submission.collection_id, Submission.period_start))
        .order_by(
            Submission.unit_id,
            Submission.collection_id,
            Submission.period_start,
            IS_SIGNED.desc(),
            Submission.revision.desc(),
        )
    ).all()
    forms = {each.id: definition_of_version(each) for each in load_versions({row.form_version_id for row in rows})}
    found: dict[uuid.UUID, dict[str, list[Report]]] = {}
    for row in rows:
        form = forms[row.form_version_id]
        report = Report(row.collection_id, form, answers_from_stored(form, row.answers))
        found.setdefault(row.unit_id, {}).setdefault(row.code, []).append(report)
    return found


def total_of(source: Prefill, reports: Sequence[Report]) -> Total:
    """Return what reports come to: how many there are, or the sum of a figure of theirs."""
    is_ambiguous = len({each.collection_id for each in reports}) > 1
    if source.figure is RegisterFigure.COUNT:
        return Total(len(reports), Decimal(len(reports)), is_ambiguous=is_ambiguous)
    figures, measures = [], set()
    for each in reports:
        field = find_field(each.form, source.path)
        answer = answer_at(each.answers, field[0]) if field is not None else None
        if field is not None and isinstance(answer, int | Decimal):
            figures.append(Decimal(answer))
            measures.add(field[1].measure)
    return Total(len(reports), sum(figures, Decimal(0)) if figures else None, frozenset(measures), is_ambiguous)
