"""Which font files set an official document (公文字体), and how near each is to what GB/T 9704-2012 prescribes.

No font is part of the product. A deployment has a folder: a file there named after its role (`fang.ttf`, `title.otf`)
wins, then the open Fandol faces if the folder holds them, then the Noto faces that come as a Python package. A face is
judged by the names it carries inside, never by its file name.
"""

from __future__ import annotations

import importlib.util
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from fontTools.ttLib import TTFont, TTLibError

# Family names in the style sheet begin with this, so that no font of the machine can be meant by accident.
FAMILY_PREFIX = "official-"

ASCENT, DESCENT = 0.88, 0.12

_SUFFIXES = (".otf", ".ttf", ".ttc")
_OPEN_FACES_PACKAGE = "pylopdf_fonts_zh_cn"


class FontRole(StrEnum):
    """What a face is for. The values are the file names of an operator's own fonts."""

    FANG = "fang"  # 仿宋: body
    KAI = "kai"  # 楷体: headings of the second level, a signatory's name
    TITLE = "title"  # 小标宋: title and letterhead
    HEI = "hei"  # 黑体: headings of the first level, 附件, 密级
    SONG = "song"  # 宋体: page numbers
    FALLBACK = "fallback"  # characters that the others lack


class Standing(StrEnum):
    """How a face stands to the prescribed one. Stored with a document: never rename a value."""

    PRESCRIBED = "prescribed"  # 规定字体
    EQUIVALENT = "equivalent"  # an open face of the same style (同类开源字体)
    SUBSTITUTE = "substitute"  # another style (替代字体): the copy is not a formal one


class FontsMissingError(RuntimeError):
    """Not even a face of last resort can be found. An operator's matter: the message says what to install."""


@dataclass(frozen=True, slots=True)
class Face:
    """One face for one role. `name` is the PostScript name inside the file."""

    role: FontRole
    path: Path
    name: str
    standing: Standing

    @property
    def family(self) -> str:
        """The family name that the style sheet uses."""
        return FAMILY_PREFIX + self.role.value


@dataclass(frozen=True, slots=True)
class FontSet:
    """A face for every role, as found at one time."""

    faces: tuple[Face, ...]

    def face(self, role: FontRole) -> Face:
        return next(face for face in self.faces if face.role is role)

    @property
    def substitutes(self) -> tuple[Face, ...]:
        return tuple(face for face in self.faces if face.standing is Standing.SUBSTITUTE)


ROLE_NAMES = {
    FontRole.FANG: "仿宋",
    FontRole.KAI: "楷体",
    FontRole.TITLE: "小标宋",
    FontRole.HEI: "黑体",
    FontRole.SONG: "宋体",
    FontRole.FALLBACK: "备用字体",
}

_FANDOL = {
    FontRole.FANG: "FandolFang-Regular.otf",
    FontRole.KAI: "FandolKai-Regular.otf",
    FontRole.TITLE: "FandolSong-Bold.otf",
    FontRole.HEI: "FandolHei-Regular.otf",
    FontRole.SONG: "FandolSong-Regular.otf",
}
_NOTO = dict.fromkeys(FontRole, "NotoSerifSC-Regular.otf") | {FontRole.HEI: "NotoSansSC-Regular.otf"}

_EQUIVALENT = {
    FontRole.FANG: r"FandolFang|Zhuque",
    FontRole.KAI: r"FandolKai|WenKai|KaitiM",
    FontRole.TITLE: r"FandolSong[- ]?B|(Noto|Source Han) ?Serif.*(Bold|Black|Heavy)",
    FontRole.HEI: r"FandolHei|(Noto|Source ?Han) ?Sans|WenQuanYi",
    FontRole.SONG: r"FandolSong|(Noto|Source ?Han) ?Serif|SungtiL",
    FontRole.FALLBACK: r".",
}
_PRESCRIBED = {
    FontRole.FANG: r"仿宋|FangSong|FZFS|CESI_FS",
    FontRole.KAI: r"楷体|KaiTi|FZKai|FZKT|CESI_KT",
    FontRole.TITLE: r"小标宋|XiaoBiaoSong|FZXBS|CESI_XBS",
    FontRole.HEI: r"黑体|SimHei|FZHei|FZHT|STHeiti|CESI_HT",
    FontRole.SONG: r"(?<!仿)宋体|SimSun|NSimSun|FZShuSong|FZSS|STSong|CESI_SS",
    FontRole.FALLBACK: r"(?!)",
}


def find_fonts(folder: Path) -> FontSet:
    """Return the faces for every role. Raises FontsMissingError if a role has no readable face at all."""
    return FontSet(tuple(_find_face(role, folder) for role in FontRole))


def standing_of(role: FontRole, names: str) -> Standing:
    """Judge a face by the names it carries (family, full and PostScript name in one string)."""
    if re.search(_EQUIVALENT[role], names, re.IGNORECASE):
        return Standing.EQUIVALENT
    if re.search(_PRESCRIBED[role], names, re.IGNORECASE):
        return Standing.PRESCRIBED
    return Standing.SUBSTITUTE


def names_of(font: TTFont) -> tuple[str, str]:
    """Return a font's PostScript name, and all its names in one string."""
    table = font["name"]
    names = {str(record) for record in table.names if record.nameID in (1, 4, 6, 16)}
    return table.getDebugName(6) or "", " ".join(sorted(names))


def evened_bytes(face: Face) -> bytes:
    """Return the font with the ascent and descent of a Chinese character square, and without other baselines.

    Faces differ in what they call their height, and a line that borrows one rare character from another face would
    grow by the difference: the page would no longer hold its 22 lines. Only the figures of the line are changed; the
    glyphs stay as they are.
    """
    with TTFont(face.path, fontNumber=0, lazy=True, recalcBBoxes=False, recalcTimestamp=False) as font:
        height = font["head"].unitsPerEm
        ascent, descent = int(height * ASCENT), int(height * DESCENT)
        header, metrics = font["hhea"], font["OS/2"]
        header.ascent = metrics.sTypoAscender = metrics.usWinAscent = ascent
        header.descent = metrics.sTypoDescender = -descent
        metrics.usWinDescent = descent
        header.lineGap = metrics.sTypoLineGap = 0
        if "BASE" in font:  # Pango would move a borrowed character by the difference of the two tables
            del font["BASE"]
        evened = io.BytesIO()
        font.save(evened, reorderTables=None)
    return evened.getvalue()


def _find_face(role: FontRole, folder: Path) -> Face:
    for path in _candidates(role, folder):
        try:
            with path.open("rb") as file, TTFont(file, fontNumber=0, lazy=True) as font:
                name, names = names_of(font)
        except (OSError, TTLibError, KeyError):
            continue  # not there, or not a font: the next one
        return Face(role, path, name, standing_of(role, names))
    raise FontsMissingError(f"no font for {role.value} ({ROLE_NAMES[role]}): put {role.value}.otf into {folder}")


def _candidates(role: FontRole, folder: Path) -> Iterator[Path]:
    for suffix in _SUFFIXES:
        yield folder / f"{role.value}{suffix}"
        yield folder / f"{role.value}{suffix.upper()}"
    if role in _FANDOL:
        yield folder / _FANDOL[role]
    spec = importlib.util.find_spec(_OPEN_FACES_PACKAGE)
    if spec is not None and spec.origin is not None:
        yield Path(spec.origin).parent / _NOTO[role]
