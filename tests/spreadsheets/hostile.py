"""Files that mean harm or are beyond use, each with the name it is sent under and a word of the refusal."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable

from tests.files.samples import HTML, PDF, SVG, picture
from tests.spreadsheets.samples import LINKS, MAIN, TYPES, WORKBOOK, archive, by_hand, cell, of_rows

GOOD = of_rows([["单位代码", "单位名称"], ["A1", "第一村"]])
ENTITIES = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;">]>'
)
OUTSIDE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


def _row(*cells: bytes) -> bytes:
    return b"<sheetData><row>" + b"".join(cells) + b"</row></sheetData>"


def _many_rows(count: int) -> bytes:
    return b"<sheetData>" + b"<row><c><v>1</v></c></row>" * count + b"</sheetData>"


def _shared(text: str, uses: int) -> bytes:
    """One long text that many cells share: small in the file, large once every cell has its own."""
    strings = f'<sst xmlns="{MAIN}"><si><t>{text}</t></si></sst>'.encode()
    cells = b"<sheetData>" + b'<row><c t="s"><v>0</v></c></row>' * uses + b"</sheetData>"
    return by_hand(cells, {"xl/sharedStrings.xml": strings})


def _locked() -> bytes:
    content = bytearray(GOOD)
    content[content.rfind(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def _lying_size() -> bytes:
    """A part that says it becomes small and becomes large."""
    content = bytearray(by_hand(_many_rows(200_000)))
    place = content.rfind(b"PK\x01\x02")
    struct.pack_into("<I", content, place + 24, 1000)
    return bytes(content)


def _twice() -> bytes:
    extra = {"xl/worksheets/sheeT1.xml": b"<worksheet/>"}
    return by_hand(_row(cell("A1")), extra).replace(b"xl/worksheets/sheeT1.xml", b"xl/worksheets/sheet1.xml")


def _many_parts() -> bytes:
    return by_hand(_row(cell("A1")), {f"xl/media/{number}.bin": b"x" for number in range(300)})


def _wrong_crc() -> bytes:
    content = bytearray(of_rows([["单位代码"], *([f"A{number}"] for number in range(500))]))
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as parts:
        place = parts.getinfo("xl/worksheets/sheet1.xml").header_offset + 200
    content[place : place + 40] = b"\x55" * 40
    return bytes(content)


def _packed_otherwise() -> bytes:
    return archive({"[Content_Types].xml": TYPES, "xl/workbook.xml": WORKBOOK}, packing=zipfile.ZIP_LZMA)


def _all_sheets_hidden() -> bytes:
    book = WORKBOOK.replace(b'sheetId="1"', b'sheetId="1" state="veryHidden"')
    return archive(
        {
            "[Content_Types].xml": TYPES,
            "xl/workbook.xml": book,
            "xl/_rels/workbook.xml.rels": LINKS,
            "xl/worksheets/sheet1.xml": b"<worksheet/>",
        }
    )


def _elsewhere() -> bytes:
    links = LINKS.replace(b"worksheets/sheet1.xml", b"../../../etc/passwd")
    return archive(
        {
            "[Content_Types].xml": TYPES,
            "xl/workbook.xml": WORKBOOK,
            "xl/_rels/workbook.xml.rels": links,
            "xl/worksheets/sheet1.xml": b"<worksheet/>",
        }
    )


def _deep() -> bytes:
    return by_hand(b"<a>" * 100_000 + b"</a>" * 100_000)


def _too_many_cells() -> bytes:
    numbers = iter(range(10**6, 10**7))
    rows = (
        "<row>" + "".join(f"<c><v>{next(numbers) * 7919}</v></c>" for _ in range(200)) + "</row>" for _ in range(2600)
    )
    return by_hand(f"<sheetData>{''.join(rows)}</sheetData>".encode())


def _merged() -> bytes:
    return by_hand(_row(cell("A1")) + b"<mergeCells>" + b'<mergeCell ref="A1:B2"/>' * 30_000 + b"</mergeCells>")


HOSTILE: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "an empty file": ("a.xlsx", lambda: b"", "空"),
    "a page": ("a.xlsx", lambda: HTML, "网页"),
    "a page with a table named as a workbook": ("a.xls", lambda: b"<html><table><tr><td>1</td></tr></table>", "网页"),
    "a drawing": ("a.csv", lambda: SVG, "网页"),
    "a PDF": ("a.csv", lambda: PDF + b"\x00", "不是表格"),
    "a picture": ("a.xlsx", lambda: picture(), "不是表格"),
    "a program": ("a.xlsx", lambda: b"MZ\x90\x00" + bytes(500), "不是表格"),
    "an old workbook": ("a.xls", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "旧版"),
    "a locked workbook": ("a.xlsx", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1EncryptedPackage", "密码"),
    "a workbook under the name of another type": ("a.csv", lambda: GOOD, "后缀"),
    "text under the name of a workbook": ("a.xlsx", lambda: b"a,b\n1,2\n", "后缀"),
    "text in UTF-16": ("a.csv", lambda: "代码,名称\n".encode("utf-16"), "UTF-16"),
    "text of no encoding": ("a.csv", lambda: b"\x81\x30\xff\xfe,\xff\n" * 20, "编码"),
    "a text of too many columns": ("a.csv", lambda: b"," * 500 + b"x\n", "超出"),
    "a text of too many rows": ("a.csv", lambda: b"x\n" * 30_000, "超出"),
    "a text with one endless cell": ("a.csv", lambda: b'"' + b"x" * 100_000, "超过"),
    "a file just too large": ("a.csv", lambda: b"x\n" * 11_000_000, "20 MB"),
    "an open document": ("a.ods", lambda: archive({"mimetype": b"x", "content.xml": b"<a/>"}), "OpenDocument"),
    "an archive": ("a.xlsx", lambda: archive({"a.txt": b"x"}), "不是 Excel 工作簿"),
    "a document": (
        "a.xlsx",
        lambda: archive({"[Content_Types].xml": TYPES, "word/document.xml": b"<a/>"}),
        "不是 Excel",
    ),
    "an archive in a workbook": ("a.xlsx", lambda: by_hand(b"", {"xl/media/a.zip": archive({"a": b"b"})}), "压缩包"),
    "a workbook in a workbook": ("a.xlsx", lambda: by_hand(b"", {"xl/embeddings/a.xlsx": GOOD}), "嵌有"),
    "a workbook with a macro": ("a.xlsx", lambda: by_hand(b"", {"xl/vbaProject.bin": b"x"}), "宏"),
    "a workbook with an old macro sheet": (
        "a.xlsx",
        lambda: by_hand(b"", {"xl/macrosheets/sheet1.xml": b"<a/>"}),
        "宏",
    ),
    "a workbook that links to others": (
        "a.xlsx",
        lambda: by_hand(b"", {"xl/externalLinks/e1.xml": b"<a/>"}),
        "外部链接",
    ),
    "a workbook that asks a server": ("a.xlsx", lambda: by_hand(b"", {"xl/connections.xml": b"<a/>"}), "外部数据"),
    "a workbook with controls": ("a.xlsx", lambda: by_hand(b"", {"xl/activeX/a.xml": b"<a/>"}), "控件"),
    "a workbook cut short": ("a.xlsx", lambda: GOOD[: len(GOOD) // 2], "损坏"),
    "only the beginning of a workbook": ("a.xlsx", lambda: b"PK\x03\x04" + bytes(200), "损坏"),
    "a workbook with a broken part": ("a.xlsx", _wrong_crc, "损坏"),
    "a part whose name leaves the folder": ("a.xlsx", lambda: by_hand(b"", {"../../evil.xml": b"<a/>"}), "结构"),
    "two parts of one name": ("a.xlsx", _twice, "结构"),
    "a part behind a password": ("a.xlsx", _locked, "密码"),
    "parts packed in a rare way": ("a.xlsx", _packed_otherwise, "结构"),
    "too many parts": ("a.xlsx", _many_parts, "部件"),
    "a small file that becomes huge": ("a.xlsx", lambda: by_hand(b" " * 120_000_000), "过大"),
    "a part that becomes far larger": ("a.xlsx", lambda: by_hand(b" " * 30_000_000), "过大"),
    "a part larger than it says": ("a.xlsx", _lying_size, "损坏"),
    "entities in a sheet": ("a.xlsx", lambda: by_hand(_row(cell("A1", "&d;")), prolog=ENTITIES), "文档类型"),
    "an entity from outside": ("a.xlsx", lambda: by_hand(_row(cell("A1", "&a;")), prolog=OUTSIDE), "文档类型"),
    "entities among the formats": ("a.xlsx", lambda: by_hand(b"", {"xl/styles.xml": ENTITIES + b"<a/>"}), "文档类型"),
    "entities among the texts": (
        "a.xlsx",
        lambda: by_hand(b"", {"xl/sharedStrings.xml": ENTITIES + b"<a/>"}),
        "文档类型",
    ),
    "a cell in the last column": ("a.xlsx", lambda: by_hand(_row(cell("A1"), cell("XFD1"))), "超出"),
    "a cell in the last row": ("a.xlsx", lambda: by_hand(_row(cell("A1"), cell("A1048576"))), "超出"),
    "a cell far in the corner": ("a.xlsx", lambda: by_hand(_row(cell("A1"), cell("GR20000"))), "内容过多"),
    "a reference that is none": ("a.xlsx", lambda: by_hand(_row(cell("A0x1"))), "损坏"),
    "too many rows": ("a.xlsx", lambda: by_hand(_many_rows(21_000)), "超出"),
    "too many cells": ("a.xlsx", _too_many_cells, "内容过多"),
    "a text of fifty thousand characters": ("a.xlsx", lambda: by_hand(_row(cell("A1", "字" * 50_000))), "超过"),
    "a long text shared by every row": ("a.xlsx", lambda: _shared("字" * 30_000, 15_000), "内容过多"),
    "a text that is not there": ("a.xlsx", lambda: by_hand(_row(b'<c t="s"><v>7</v></c>')), "损坏"),
    "elements inside each other without end": ("a.xlsx", _deep, "损坏"),
    "merged areas without end": ("a.xlsx", _merged, "损坏"),
    "XML that is none": ("a.xlsx", lambda: by_hand(b"<row><c></row>"), "损坏"),
    "a sheet that lies elsewhere": ("a.xlsx", _elsewhere, "损坏"),
    "a workbook of hidden sheets": ("a.xlsx", _all_sheets_hidden, "工作表"),
}
