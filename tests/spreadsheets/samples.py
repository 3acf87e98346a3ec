"""Workbooks for the tests, made on the spot: good ones through a library, odd ones by hand."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import xlsxwriter

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
TYPES = (
    b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    b'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    b'<Default Extension="xml" ContentType="application/xml"/></Types>'
)
ROOT_LINKS = (
    f'<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" Type="{OFFICE}/officeDocument" '
    f'Target="xl/workbook.xml"/></Relationships>'
).encode()
WORKBOOK = (
    f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
    f'<sheet name="表" sheetId="1" r:id="rId1"/></sheets></workbook>'
).encode()
LINKS = (
    f'<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" Type="{OFFICE}/worksheet" '
    f'Target="worksheets/sheet1.xml"/></Relationships>'
).encode()


def workbook(fill: Callable[[Any, Any], None]) -> bytes:
    """A workbook whose first sheet is filled by `fill(workbook, sheet)`."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        fill(book, book.add_worksheet("表"))
    return buffer.getvalue()


def of_rows(rows: Sequence[Sequence[object]], *, first: int = 0) -> bytes:
    """A workbook of texts and numbers, from a row on."""

    def fill(_: Any, sheet: Any) -> None:
        for number, row in enumerate(rows, start=first):
            for column, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(number, column, value)
                elif value is not None:
                    sheet.write(number, column, value)

    return workbook(fill)


def archive(parts: Mapping[str, bytes], *, packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packing, compresslevel=9) as target:
        for name, content in parts.items():
            target.writestr(name, content)
    return buffer.getvalue()


def by_hand(sheet: bytes, extra: Mapping[str, bytes] | None = None, *, prolog: bytes = b"") -> bytes:
    """A workbook of one sheet whose XML is given, rows and all."""
    inside = b'<worksheet xmlns="' + MAIN.encode() + b'">' + sheet + b"</worksheet>"
    return archive(
        {
            "[Content_Types].xml": TYPES,
            "_rels/.rels": ROOT_LINKS,
            "xl/workbook.xml": WORKBOOK,
            "xl/_rels/workbook.xml.rels": LINKS,
            "xl/worksheets/sheet1.xml": prolog + inside,
            **(extra or {}),
        }
    )


def cell(reference: str, text: str = "x") -> bytes:
    return f'<c r="{reference}" t="inlineStr"><is><t>{text}</t></is></c>'.encode()
