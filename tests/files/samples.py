"""Files to upload, good and hostile, made on the spot."""

from __future__ import annotations

import io
import zipfile

from PIL import Image

PDF = b"%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"
GPS_TAG = 0x8825
TYPES = "[Content_Types].xml"


def picture(kind: str = "JPEG", *, size: tuple[int, int] = (40, 30), with_position: bool = False) -> bytes:
    image = Image.new("RGB", size, (200, 30, 30))
    buffer = io.BytesIO()
    exif = Image.Exif()
    if with_position:
        exif.get_ifd(GPS_TAG)[2] = (30.0, 15.0, 0.0)
        exif[0x010E] = "secret-place"
    image.save(buffer, kind, exif=exif)
    return buffer.getvalue()


def archive(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in parts.items():
            target.writestr(name, content)
    return buffer.getvalue()


def docx(extra: dict[str, bytes] | None = None) -> bytes:
    return archive({TYPES: b"<Types/>", "word/document.xml": b"<document/>", **(extra or {})})


def xlsx() -> bytes:
    return archive({TYPES: b"<Types/>", "xl/workbook.xml": b"<workbook/>"})


def encrypted() -> bytes:
    """A document whose directory says that its parts are encrypted."""
    content = bytearray(docx())
    place = content.rfind(b"PK\x01\x02")
    content[place + 8] |= 1
    return bytes(content)


def duplicated() -> bytes:
    """A document with two parts of one name: programs disagree about which one counts."""
    return docx({"word/documenT.xml": b"<other/>"}).replace(b"word/documenT.xml", b"word/document.xml")


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"

HOSTILE: dict[str, tuple[str, bytes]] = {
    "an empty file": ("empty.pdf", b""),
    "a page": ("page.html", HTML),
    "a page named as a picture": ("photo.jpg", HTML),
    "a drawing that runs a script": ("drawing.svg", SVG),
    "a drawing named as a picture": ("drawing.png", SVG),
    "a program": ("tool.exe", b"MZ\x90\x00" + b"\x00" * 200),
    "a program named as a document": ("plan.docx", b"\x7fELF" + b"\x00" * 200),
    "a PDF behind other bytes": ("plan.pdf", b"<html>" + PDF),
    "a PDF cut short": ("plan.pdf", b"%PDF-1.7\nnothing more"),
    "a GIF": ("moving.gif", b"GIF89a" + b"\x00" * 100),
    "a page that begins as a GIF": ("moving.jpg", b"GIF89a/*" + HTML),
    "a JPEG cut short": ("photo.jpg", picture(size=(400, 300))[:400]),
    "a PNG cut short": ("photo.png", picture("PNG", size=(400, 300))[:60]),
    "only the beginning of a JPEG": ("photo.jpg", b"\xff\xd8\xff\xe0" + b"\x00" * 50),
    "a picture of a hundred million points": ("photo.png", picture("PNG", size=(10_000, 10_000))),
    "a picture just too large": ("photo.png", picture("PNG", size=(5_001, 5_000))),
    "an archive": ("photos.zip", archive({"a.txt": b"text"})),
    "an archive named as a document": ("plan.docx", archive({"a.txt": b"text"})),
    "an archive in an archive": ("plan.xlsx", archive({"inner.zip": archive({"a": b"b"})})),
    "an archive cut short": ("plan.docx", docx()[:60]),
    "a small archive of a huge part": ("plan.docx", docx({"word/big.xml": b"0" * 120_000_000})),
    "a part far smaller than it becomes": ("plan.docx", docx({"word/big.xml": b" " * 5_000_000})),
    "thousands of parts": ("plan.docx", docx({f"word/{number}.xml": b"" for number in range(2_100)})),
    "a part that leaves the folder": ("plan.docx", docx({"../../etc/passwd": b"x"})),
    "a part at the root": ("plan.docx", docx({"/etc/passwd": b"x"})),
    "a part on another drive": ("plan.docx", docx({"C:/windows/x": b"x"})),
    "a document with macros": ("plan.docm", docx({"word/vbaProject.bin": b"x"})),
    "a workbook with macros": ("plan.xlsx", docx({"xl/vbaProject.bin": b"x"})),
    "an encrypted document": ("plan.docx", encrypted()),
    "a document with one part twice": ("plan.docx", duplicated()),
    "an old Word document": ("plan.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600),
    "plain text": ("notes.txt", "通知".encode()),
}
