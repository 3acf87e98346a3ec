"""What the cells of a column hold that stands for a question; what is not named here is text."""

from __future__ import annotations

from collections.abc import Mapping

from saas.domain.fields import FieldType
from saas.spreadsheets.columns import Kind

KINDS: Mapping[FieldType, Kind] = {
    FieldType.INTEGER: Kind.INTEGER,
    FieldType.DECIMAL: Kind.DECIMAL,
    FieldType.RANGE: Kind.DECIMAL,
    FieldType.DATE: Kind.DAY,
    FieldType.TIME: Kind.TIME,
    FieldType.DATETIME: Kind.MOMENT,
    FieldType.SELECT_ONE: Kind.CHOICE,
    FieldType.SELECT_MULTIPLE: Kind.CHOICES,
    FieldType.RANK: Kind.CHOICES,
    FieldType.ACKNOWLEDGE: Kind.YES_NO,
}
