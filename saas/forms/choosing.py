"""What a question may take its choices from, for the builder: units of the county, shared lists, rows of the form."""

from __future__ import annotations

from flask_babel import gettext
from sqlalchemy import select

from saas.db import db
from saas.domain.fields import Field, FormDefinition
from saas.domain.fields.checking import inner_repeat, list_spots, tells_rows_apart
from saas.domain.fields.model import FROM_REPEAT
from saas.forms.models import ChoiceList
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
