"""Form definitions (表单定义): what a form asks, in XLSForm's words, as frozen data."""

from saas.domain.fields.model import (
    CONTAINERS,
    FILES,
    MAX_CHOICES,
    MAX_DEPTH,
    MAX_FIELDS,
    MAX_ROWS,
    NUMBERS,
    SELECTS,
    SILENT,
    TEXT_LENGTH,
    Choice,
    Field,
    FieldType,
    FormDefinition,
    child_path,
    count_fields,
    iter_fields,
)
from saas.domain.fields.reading import form_from_mapping
from saas.domain.fields.writing import form_to_mapping

__all__ = [
    "CONTAINERS",
    "FILES",
    "MAX_CHOICES",
    "MAX_DEPTH",
    "MAX_FIELDS",
    "MAX_ROWS",
    "NUMBERS",
    "SELECTS",
    "SILENT",
    "TEXT_LENGTH",
    "Choice",
    "Field",
    "FieldType",
    "FormDefinition",
    "child_path",
    "count_fields",
    "form_from_mapping",
    "form_to_mapping",
    "iter_fields",
]
