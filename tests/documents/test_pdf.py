"""Setting official documents: what is on the pages, what is not, and that it is always the same."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path

import pypdfium2
import pytest
import weasyprint
from PIL import Image

from saas.documents import justification
from saas.documents.fonts import FontRole, FontSet, FontsMissingError, Standing, find_fonts, standing_of
from saas.documents.pages import page_image, page_images
from saas.documents.pdf import RenderedPdf, ResourceRefusedError, document_html, html_to_pdf, render_pdf
from saas.domain.official_document import Figure, OfficialDocument, Paragraph
from tests.documents.conftest import RenamedFonts
from tests.documents.samples import CHART, plan_notice, short_bulletin

PROJECT = Path(__file__).parents[2]
SECRET = b"the-secret-of-the-host"


def texts(pdf: bytes) -> list[str]:
    with pypdfium2.PdfDocument(pdf) as opened:
        return [re.sub(r"\s", "", page.get_textpage().get_text_range()) for page in opened]


def inflated(pdf: bytes) -> bytes:
    """Return the PDF with every stream unpacked beside it."""
    parts = [pdf]
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        try:
            parts.append(zlib.decompress(stream))
        except zlib.error:
            continue  # not a packed stream
    return b"".join(parts)


def test_a_signed_document_in_the_right_faces_is_formal(notice: RenderedPdf) -> None:
    assert notice.is_formal
    assert {font.role for font in notice.fonts} >= {FontRole.FANG, FontRole.KAI, FontRole.TITLE, FontRole.HEI}
    assert all(font.is_embedded and font.standing is not Standing.SUBSTITUTE for font in notice.fonts)
    assert not any("非正式稿" in text or "草稿" in text for text in texts(notice.pdf))


def test_the_plan_follows_the_notice_that_forwards_it(notice: RenderedPdf) -> None:
    pages = texts(notice.pdf)
    assert "清政发〔2026〕3号" in pages[0]
    assert "2026年3月5日" in pages[1]
    assert pages[2].startswith("清禾县农村环境卫生整治实施方案")
    assert "附件：1.清禾县农村环境卫生考核办法2.各村任务清单" in "".join(pages)
    assert "抄送：县委各部门" in pages[-1]
    assert notice.page_count == len(pages)


def test_a_draft_shows_the_empty_place_of_its_number_and_says_what_it_is(fonts: FontSet) -> None:
    draft = render_pdf(plan_notice(None), fonts=fonts)
    assert not draft.is_formal
    pages = texts(draft.pdf)
    assert "清政发〔〕号" in pages[0]
    upright = [text for text in pages if "附件2" not in text]
    assert all("草稿" in text for text in upright)


def test_the_same_document_gives_the_same_bytes_in_any_process(fonts: FontSet) -> None:
    folder = fonts.face(FontRole.FANG).path.parent
    program = (
        "import hashlib, sys\nfrom pathlib import Path\n"
        "from saas.documents.fonts import find_fonts\nfrom saas.documents.pdf import render_pdf\n"
        "from tests.documents.samples import short_bulletin\n"
        "pdf = render_pdf(short_bulletin(), fonts=find_fonts(Path(sys.argv[1]))).pdf\n"
        "print(hashlib.sha256(pdf).hexdigest())"
    )
    first, second = (render_pdf(short_bulletin(), fonts=fonts).pdf for _ in range(2))

    done = subprocess.run(
        [sys.executable, "-c", program, str(folder)],
        cwd=PROJECT, env={**os.environ, "PYTHONHASHSEED": "7"}, capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip

    assert first == second
    assert done.stdout.strip() == sha256(first).hexdigest()


def test_a_long_table_repeats_its_head_and_prints_every_row_once(ranking: RenderedPdf) -> None:
    pages = [text for text in texts(ranking.pdf) if "所属乡镇" in text]
    assert len(pages) > 4
    assert all(text.count("名次村所属乡镇总分") == 1 for text in pages)
    together = "".join(pages)
    assert [together.count(f"第{rank}村") for rank in range(1, 151)] == [1] * 150
    assert "全县平均" in pages[-1]
    assert "第150村" in pages[-1], "the total must not stand alone"


def test_a_figure_is_drawn_and_its_text_uses_the_documents_face(ranking: RenderedPdf) -> None:
    assert any("96.5" in text and "图1前四名乡镇得分对比" in text for text in texts(ranking.pdf))
    assert not any(font.role is None for font in ranking.fonts)


def test_the_last_page_carries_the_verify_mark(ranking: RenderedPdf) -> None:
    assert "扫码核验本文内容摘要0b7d3e5f0b7d3e5f" in texts(ranking.pdf)[-1]


def test_without_fangsong_every_page_says_that_the_copy_is_not_formal(tmp_path: Path) -> None:
    copy = render_pdf(plan_notice(), fonts=find_fonts(tmp_path))
    assert not copy.is_formal
    assert any(font.role is FontRole.FANG and font.standing is Standing.SUBSTITUTE for font in copy.fonts)
    upright = [text for text in texts(copy.pdf) if "附件2" not in text and "第20村" not in text]
    assert all("非正式稿（缺少仿宋字体、缺少楷体字体、缺少小标宋字体）" in text for text in upright)


def test_a_face_that_is_not_what_was_asked_for_is_found_in_the_result(fonts: FontSet) -> None:
    lying = FontSet(tuple(replace(f, name="FZFSK") if f.role is FontRole.FANG else f for f in fonts.faces))
    copy = render_pdf(replace(plan_notice(), attachments=()), fonts=lying)
    assert not copy.is_formal
    assert "非正式稿（仿宋字体未嵌入）" in texts(copy.pdf)[0]


def test_an_operators_own_font_wins_by_its_role(renamed_fonts: RenamedFonts, tmp_path: Path) -> None:
    renamed_fonts(tmp_path / "fang.otf", "FZFangSong-Z02")
    renamed_fonts(tmp_path / "FandolFang-Regular.otf", "FandolFang-Regular")
    face = find_fonts(tmp_path).face(FontRole.FANG)
    assert (face.path.name, face.standing) == ("fang.otf", Standing.PRESCRIBED)


def test_a_file_is_judged_by_what_it_is_not_by_its_name(renamed_fonts: RenamedFonts, tmp_path: Path) -> None:
    renamed_fonts(tmp_path / "fang.otf", "SomeRoundFace")
    (tmp_path / "kai.ttf").write_bytes(b"not a font")
    faces = find_fonts(tmp_path)
    assert faces.face(FontRole.FANG).standing is Standing.SUBSTITUTE
    assert faces.face(FontRole.KAI).name == "NotoSerifSC-Regular"


@pytest.mark.parametrize(
    ("role", "names", "standing"),
    [
        (FontRole.FANG, "仿宋_GB2312 FangSong_GB2312", Standing.PRESCRIBED),
        (FontRole.FANG, "FandolFang-Regular", Standing.EQUIVALENT),
        (FontRole.FANG, "Noto Serif SC", Standing.SUBSTITUTE),
        (FontRole.TITLE, "方正小标宋简体 FZXBSJW", Standing.PRESCRIBED),
        (FontRole.TITLE, "FandolSong-Bold", Standing.EQUIVALENT),
        (FontRole.TITLE, "NotoSerifSC-Regular", Standing.SUBSTITUTE),
        (FontRole.SONG, "仿宋体", Standing.SUBSTITUTE),
        (FontRole.SONG, "SimSun 宋体", Standing.PRESCRIBED),
        (FontRole.HEI, "Noto Sans SC", Standing.EQUIVALENT),
    ],
)
def test_how_a_face_stands_to_the_prescribed_one(role: FontRole, names: str, standing: Standing) -> None:
    assert standing_of(role, names) is standing


def test_without_any_font_the_message_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(FontsMissingError, match="put fang.otf into"):
        find_fonts(tmp_path)


def test_another_version_of_the_engine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weasyprint, "__version__", "70.1")
    with pytest.raises(RuntimeError, match="found 70.1"):
        justification.install()


class _Listener(HTTPServer):
    """A server on the loopback address that notes whoever calls."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        super().__init__(("127.0.0.1", 0), _Answer)


class _Answer(BaseHTTPRequestHandler):
    server: _Listener

    def do_GET(self) -> None:
        self.server.calls.append(self.path)
        self.send_response(302)
        self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/inner")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the calls are in the list."""


@pytest.fixture
def listener() -> Iterator[_Listener]:
    server = _Listener()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def svg_address(inner: str) -> str:
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">{inner}</svg>'
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


CHANNELS = {
    "attachment": '<link rel="attachment" href="{url}">',
    "style sheet": '<link rel="stylesheet" href="{url}">',
    "import": '<style>@import url("{url}");</style>',
    "font": '<style>@font-face {{ font-family: x; src: url("{url}") }} p {{ font-family: x }}</style>',
    "colour profile": '<style>@color-profile --x {{ src: url("{url}") }}</style>',
    "picture": '<img src="{url}">',
    "picture in svg": "{svg}",
    "inline svg": '<svg xmlns="http://www.w3.org/2000/svg"><image href="{url}" width="9" height="9"/></svg>',
    "background": "<p style=\"background: url('{url}')\">x</p>",
    "list marker": "<ul style=\"list-style-image: url('{url}')\"><li>x</li></ul>",
    "generated content": '<style>p::before {{ content: url("{url}") }}</style>',
    "object": '<object data="{url}"></object>',
    "embed": '<embed src="{url}">',
    "attached link": '<a rel="attachment" href="{url}">x</a>',
    "base": '<base href="{url}"><img src="x.png">',
    "frame": '<iframe src="{url}"></iframe>',
}


@pytest.mark.parametrize("scheme", ["file", "http", "ftp", "//"])
@pytest.mark.parametrize("channel", CHANNELS)
def test_nothing_outside_the_page_is_ever_read(
    channel: str, scheme: str, fonts: FontSet, listener: _Listener, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_bytes(SECRET)
    place = f"127.0.0.1:{listener.server_port}/{channel.replace(' ', '-')}"
    url = {"file": secret.as_uri(), "http": f"http://{place}", "ftp": f"ftp://{place}", "//": f"//{place}"}[scheme]
    svg = f'<img src="{svg_address(f"""<image xlink:href="{url}" width="9" height="9"/>""")}">'
    html = f"<html lang='zh'><title>x</title>{CHANNELS[channel].format(url=url, svg=svg)}<p>正文</p></html>"

    try:
        pdf = html_to_pdf(html, fonts=fonts)
    except ResourceRefusedError:
        pdf = b""

    assert listener.calls == []
    assert SECRET not in inflated(pdf)


def test_a_page_that_asks_for_a_file_is_refused_and_the_next_one_is_set(fonts: FontSet) -> None:
    with pytest.raises(ResourceRefusedError):
        html_to_pdf('<img src="file:///etc/hostname">', fonts=fonts)
    assert html_to_pdf("<html lang='zh'><title>x</title><p>正文</p></html>", fonts=fonts).startswith(b"%PDF")


def test_markup_in_the_content_is_text(fonts: FontSet) -> None:
    attack = '<img src="file:///etc/passwd"><script>x</script></style>{{ 7*7 }}'
    document = replace(plan_notice(), title=f"{attack}的通知", blocks=(Paragraph(attack),), attachments=())
    assert attack not in document_html(document)
    assert "{{7*7}}" in "".join(texts(render_pdf(document, fonts=fonts).pdf))


def test_a_figure_that_reaches_outside_stops_the_document(fonts: FontSet) -> None:
    svg = CHART.replace("</svg>", '<image href="file:///etc/hostname" width="9" height="9"/></svg>')
    document: OfficialDocument = replace(plan_notice(), blocks=(Figure(svg, "图"),), attachments=())
    with pytest.raises(ResourceRefusedError):
        render_pdf(document, fonts=fonts)


def test_pages_become_pictures_for_phones(notice: RenderedPdf) -> None:
    pictures = page_images(notice.pdf)
    assert len(pictures) == notice.page_count
    with Image.open(BytesIO(pictures[0])) as first:
        assert (first.format, first.width) == ("WEBP", 1080)
        colours = first.convert("RGB").getcolors(maxcolors=1 << 16) or []
    red = sum(count for count, (r, g, b) in colours if r > 200 and g < 60 and b < 60)  # type: ignore[misc]
    assert red > 1000, "the letterhead must be seen"
    assert max(map(len, pictures)) < 150_000
    assert page_image(notice.pdf, 2) == pictures[1]
    with pytest.raises(IndexError):
        page_image(notice.pdf, 99)
