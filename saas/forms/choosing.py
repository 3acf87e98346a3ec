"""What a question may take its choices from, and what it may be pre-filled from, in words for the builder."""

from __future__ import annotations

from flask_babel import gettext
from sqlalchemy import select

from saas.db import db
from saas.domain.fields import NUMBERS, Field, FieldType, FormDefinition, form_from_mapping, iter_fields
from saas.domain.fields.checking import inner_repeat, list_spots, tells_rows_apart
from saas.domain.fields.model import FROM_REPEAT
from saas.domain.fields.prefilled import fits
from saas.forms.models import ChoiceList
from saas.forms.queries import list_published_forms, published_versions
from saas.org.attributes import attributes_of
from saas.org.queries import list_unit_types


def source_choices() -> dict[str, str]:
    """Every source by what is written into the form, in words."""
    types, found = list_unit_types(), {}
    for each in types:
        found[f"units:{each.code}"] = gettext("全部%(type)s", type=each.name)
    for each in types:
        found[f"units:{each.code}:own"] = gettext("本单位及下级的%(type)s", type=each.name)
    lists = db.session.execute(select(ChoiceList.code, ChoiceList.name).order_by(ChoiceList.name, ChoiceList.id)).all()
    return found | {f"list:{row.code}": gettext("公用选项：%(name)s", name=row.name) for row in lists}


def row_choices(definition: FormDefinition, item: Field | None = None) -> dict[str, str]:
    """The questions in repeats whose answers another question may offer, by what is written into the form, in words."""
    found = {}
    for spot in list_spots(definition):
        repeat = inner_repeat(spot)
        if repeat is not None and tells_rows_apart(spot.field) and (item is None or spot.field.name != item.name):
            words = gettext("“%(repeat)s”各行的“%(field)s”", repeat=repeat.label[:20], field=spot.field.label[:20])
            found[FROM_REPEAT + spot.field.name] = words
    return found


def prefill_choices(code: str, item: Field) -> dict[str, str]:
    """What an answer may begin with (预填), by what is written into the form, in words.

    Of the other published forms than the one with this code only questions whose answers fit. Figures of registers are
    not among them: registers stand on forms.
    """
    found = {"last": gettext("上期填的")}
    if item.type in (FieldType.TEXT, FieldType.HIDDEN):
        found |= {
            "unit:name": gettext("单位名称"),
            "unit:parent": gettext("上级单位名称"),
            "unit:code": gettext("单位编码"),
            "period:label": gettext("填报期"),
        }
    if item.type is FieldType.DATE:
        found |= {"period:start": gettext("填报期的第一天"), "period:end": gettext("填报期的最后一天")}
    for unit_type in list_unit_types():
        for each in attributes_of(unit_type):
            found[f"attribute:{each.name}"] = gettext("单位信息：%(label)s", label=each.label)
    forms = [form for form in list_published_forms() if form.code != code]
    versions = published_versions(form.id for form in forms)
    for form in forms:
        asked = iter_fields(form_from_mapping(versions[form.id].definition))
        fitting = {
            path: each.label for path, each in asked if each.is_question and "[]" not in path and fits(each, item)
        }
        found |= {f"form:{form.code}.{path}": f"{form.name}：{label}" for path, label in fitting.items()}
        if item.type in NUMBERS:
            found |= {
                f"form:{form.code}.sum({path})": gettext(
                    "%(form)s：%(field)s（本期内合计）", form=form.name, field=label
                )
                for path, label in fitting.items()
            }
            found[f"form:{form.code}.count()"] = gettext("%(form)s：本期内份数", form=form.name)
    return found
