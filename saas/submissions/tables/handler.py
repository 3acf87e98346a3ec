"""Forms among the kinds of tables that come in (`saas.imports`): one kind for every collection and period."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import NoResultFound

from saas.access.permissions import Permission
from saas.accounts.viewer import Viewer
from saas.db import local_today
from saas.domain.periods import Period
from saas.forms.definitions import definition_of_version
from saas.forms.outside_choices import with_choices
from saas.forms.queries import find_published_version
from saas.imports.handlers import Asking, Check, Link, Option, RowCheck, Subject, register_import
from saas.org.queries import get_unit, list_subtree_ids
from saas.spreadsheets.cells import Workbook
from saas.spreadsheets.columns import Column
from saas.spreadsheets.limits import SpreadsheetRefused
from saas.spreadsheets.tables import Table
from saas.spreadsheets.writing import Row
from saas.submissions import queries
from saas.submissions.fillers import may_fill_for
from saas.submissions.models import Collection
from saas.submissions.schedule import period_at
from saas.submissions.tables.applying import apply_plans
from saas.submissions.tables.checking import check_table
from saas.submissions.tables.keeping import keep_plans, recall_plans
from saas.submissions.tables.layout import form_tables, unit_columns
from saas.submissions.tables.reading import FormTable, read_form_workbook
from saas.submissions.tables.scope import TableAddress, load_scope, read_address
from saas.submissions.tables.template import write_template

KIND = "forms"
HAND_IN = "hand_in"


class FormsHandler:
    """填报表: the answers of many units, or of one, for a period of a collection."""

    kind = KIND
    label = _l("填报表")
    lead = _l("下载本期模板，离线填写一个或多个单位，再传回来。先核对，确认后才写入草稿；已经报送的不会改动。")
    permission = Permission.SUBMISSION_VIEW
    follow_up: tuple[object, str] | None = None

    def subject(self, asking: Asking) -> Subject:
        """A period of a collection that the viewer fills or oversees units of."""
        address, collection, period = _place(asking)
        title = f"{period.label}{collection.name}"
        if address.unit_id is not None:
            unit = get_unit(address.unit_id)
            _refuse_stranger(asking.viewer, collection, period, address)
            title = f"{unit.name}{title}"
        return Subject(
            label=title,
            home_label=collection.name,
            home=Link("submissions.collection", {"collection_id": collection.id, "period": period.start.isoformat()}),
            options=(
                Option(
                    HAND_IN,
                    gettext("直接报送"),
                    gettext("填写完整的单位写入后直接报送；还不完整的仍存为草稿。"),
                ),
            ),
            export=Link(
                "submissions.export_period",
                {"collection_id": collection.id, "period_start": period.start.isoformat()},
            ),
        )

    def columns(self, asking: Asking, *, offers: bool = True) -> tuple[Column, ...]:
        _address, collection, period = _place(asking)
        version = find_published_version(collection.form_id)
        if version is None:
            raise NoResultFound("the form was never published")
        definition = with_choices(definition_of_version(version), None, min(period.end, local_today()))
        tables = form_tables(definition)
        who = unit_columns(is_required=True)[:2]
        return (*who, *(each.column for form_sheet in tables.sheets for each in form_sheet.columns))

    def notes(self) -> tuple[str, ...]:
        return (
            gettext("一行一个单位；没有发生的填 0，没有这回事的填“不适用”（表单允许时），还不知道的留空。"),
            gettext("整行没有填的单位不受影响；填了的单位，空格表示还没有回答。"),
            gettext("日期可写 2026.3.5、2026年3月5日；数字里的全角、千分位都认。公式请先“选择性粘贴—数值”。"),
            gettext("照片和文件不在表里，请在系统里上传。"),
        )

    def rows(self, asking: Asking) -> Sequence[Row]:
        return ()

    def write_template(self, asking: Asking) -> tuple[bytes, str]:
        """The workbook to fill in, named after whose it is, the period and the collection."""
        scope = load_scope(read_address(asking.subject), asking.viewer)
        name = gettext(
            "%(unit)s_%(period)s_%(name)s_填报模板",
            unit=scope.units[0].name if scope.is_one_unit else unit_name_of(asking.viewer),
            period=scope.period.label,
            name=scope.collection.name,
        )
        return write_template(scope), name

    def read_workbook(self, opened: Callable[[], Workbook], asking: Asking, name: str) -> Table:
        """What a workbook says. Raises SpreadsheetRefused for one of another form, collection or period."""
        try:
            scope = load_scope(read_address(asking.subject), asking.viewer)
        except NoResultFound:
            raise SpreadsheetRefused("“{name}”不能导入：本任务没有您填报的单位", name=name) from None
        return read_form_workbook(opened(), scope, name)

    def check(self, table: Table, asking: Asking, *, is_final: bool = False) -> Check:
        if not isinstance(table, FormTable) or table.scope is None:
            raise TypeError("a table that was not read for this kind")
        return check_table(table, table.scope, hands_in=bool(asking.options.get(HAND_IN)))

    def apply(self, rows: Sequence[RowCheck], asking: Asking) -> Mapping[str, Any]:
        return apply_plans([each.plan for each in rows], actor=asking.viewer)

    def keep(self, check: Check, table: Table, asking: Asking) -> Mapping[str, Any] | None:
        scope = table.scope if isinstance(table, FormTable) else None
        return keep_plans(check, scope, asking.viewer) if scope is not None else None

    def recall(self, kept: Mapping[str, Any], asking: Asking) -> Callable[[], Mapping[str, Any]] | None:
        try:
            scope = load_scope(read_address(asking.subject), asking.viewer)
        except NoResultFound:  # nothing to fill any more: reading the file again says it
            return None
        plans = recall_plans(kept, scope, asking.viewer)
        return partial(apply_plans, plans, actor=asking.viewer) if plans is not None else None


def unit_name_of(viewer: Viewer) -> str:
    """What a file is called after: the unit of the viewer's first post."""
    return viewer.main_post.unit_name if viewer.main_post is not None else ""


def _place(asking: Asking) -> tuple[TableAddress, Collection, Period]:
    address = read_address(asking.subject)
    collection = queries.get_collection(address.collection_id, asking.viewer)
    if find_published_version(collection.form_id) is None:
        raise NoResultFound("the form was never published")
    return address, collection, period_at(collection, address.period_start)


def _refuse_stranger(viewer: Viewer, collection: Collection, period: Period, address: TableAddress) -> None:
    unit = get_unit(address.unit_id) if address.unit_id is not None else None
    if unit is None or may_fill_for(collection, unit, viewer, period):
        return
    if unit.id not in list_subtree_ids(viewer.unit_ids(Permission.SUBMISSION_VIEW), local_today()):
        raise NoResultFound("not a unit of this viewer")


register_import(FormsHandler())
