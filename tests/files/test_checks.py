"""What may be uploaded: the content decides, and what is kept is only what was meant."""

from __future__ import annotations

import io
import time

import pytest
from PIL import Image

from saas.files.checks import IMAGES, FileRefused, FileType, check_file
from tests.files.samples import HOSTILE, PDF, docx, picture, xlsx


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("方案.pdf", PDF, FileType.PDF),
        ("方案.docx", docx(), FileType.DOCX),
        ("台账.xlsx", xlsx(), FileType.XLSX),
        ("照片.jpg", picture(), FileType.JPEG),
        ("照片.png", picture("PNG"), FileType.PNG),
    ],
)
def test_known_types_are_recognised_by_their_content(name: str, content: bytes, found: FileType) -> None:
    checked = check_file(content, name)

    assert checked.type is found
    assert checked.name == name


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_or_broken_file_is_refused_quickly_with_a_sentence(case: str) -> None:
    name, content = HOSTILE[case]
    started = time.monotonic()

    with pytest.raises(FileRefused) as refused:
        check_file(content, name)

    assert time.monotonic() - started < 2
    assert "“" in str(refused.value.message)


def test_a_position_in_a_photo_is_not_kept() -> None:
    content = picture(with_position=True)
    assert b"secret-place" in content

    kept = check_file(content, "照片.jpg").content

    assert b"secret-place" not in kept
    with Image.open(io.BytesIO(kept)) as image:
        assert not image.getexif()
        assert image.size == (40, 30)


def test_bytes_hidden_behind_a_picture_are_not_kept() -> None:
    kept = check_file(picture() + b"<script>alert(1)</script>", "照片.jpg").content

    assert b"<script>" not in kept


def test_a_photo_taken_sideways_is_kept_upright() -> None:
    image = Image.new("RGB", (40, 30))
    exif = Image.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", exif=exif)

    with Image.open(io.BytesIO(check_file(buffer.getvalue(), "照片.jpg").content)) as kept:
        assert kept.size == (30, 40)


def test_transparency_of_a_picture_is_kept() -> None:
    buffer = io.BytesIO()
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(buffer, "PNG")

    with Image.open(io.BytesIO(check_file(buffer.getvalue(), "印章.png").content)) as kept:
        assert kept.getpixel((0, 0)) == (0, 0, 0, 0)


def test_where_photos_are_asked_for_a_document_is_refused() -> None:
    with pytest.raises(FileRefused, match="只接受 jpg、png 文件"):
        check_file(PDF, "方案.pdf", allowed=IMAGES)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\文件\\方案.pdf", "方案.pdf"),
        ("方案\u202efdp.exe", "方案fdp.exe.pdf"),
        ("方\r\n案.pdf", "方 案.pdf"),
        ("方案.PDF", "方案.pdf"),
        ("照片.jpg", "照片.pdf"),
        ("a<b>.pdf", "a_b_.pdf"),
        ("", "未命名.pdf"),
        ("...", "未命名.pdf"),
        ("长" * 300 + ".pdf", "长" * 96 + ".pdf"),
    ],
)
def test_a_name_is_shown_without_tricks_and_ends_as_the_content_says(given: str, shown: str) -> None:
    assert check_file(PDF, given).name == shown


def test_a_file_over_the_limit_is_refused() -> None:
    with pytest.raises(FileRefused, match="超过 20 MB"):
        check_file(b"%PDF-" + b"0" * (20 * 1024 * 1024) + b"%%EOF", "方案.pdf")
