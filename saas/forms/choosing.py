"""What a question may take its choices from, for the builder: the county's types of units, and its shared lists."""

from __future__ import annotations

from flask_babel import gettext
from sqlalchemy import select

from saas.db import db
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
