"""A form definition that somebody uploads: our own TOML, or an XLSForm workbook."""

from __future__ import annotations

from flask import flash
from flask_babel import gettext
from werkzeug.datastructures import FileStorage

from saas.domain.errors import FormError
from saas.domain.fields import FormDefinition
from saas.forms.toml_file import MAX_FILE, form_from_toml
from saas.forms.xlsform import form_from_xlsform
from saas.spreadsheets.limits import SpreadsheetRefused

MAX_WORKBOOK = 4 * 1024 * 1024  # bytes
SHOWN = 8  # remarks on one page


def read_definition(upload: FileStorage) -> FormDefinition:
    """Read an upload by its content. Raise FormError with what is wrong and where; nothing loads in part.

    What of an XLSForm could not be taken over is told on the next page.
    """
    content = upload.stream.read(MAX_WORKBOOK + 1)
    if content.startswith(b"\xd0\xcf\x11\xe0"):  # an Excel file of before 2007
        raise FormError("", "这是旧版 Excel（.xls）文件", code="not_a_workbook", advice="另存为 .xlsx 后再上传")
    if not content.startswith(b"PK"):
        return form_from_toml(content[: MAX_FILE + 1])
    if len(content) > MAX_WORKBOOK:
        raise FormError("", "文件超过 {limit} MB", code="too_large", limit=MAX_WORKBOOK // 1024 // 1024)
    try:
        imported = form_from_xlsform(content, upload.filename or "form.xlsx")
    except SpreadsheetRefused as refused:
        raise FormError("", "{reason}", code="not_a_workbook", reason=str(refused)) from None
    for remark in imported.remarks[:SHOWN]:
        flash(str(remark), "warning")
    if len(imported.remarks) > SHOWN:
        flash(gettext("还有 %(count)s 处没有导入", count=len(imported.remarks) - SHOWN), "warning")
    return imported.definition
