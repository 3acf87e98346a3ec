"""Fonts for official documents: fetched once, never kept in the repository."""

from __future__ import annotations

import gzip
import os
import shutil
import tempfile
from pathlib import Path

from saas.launcher import apt
from saas.launcher.places import Places
from saas.launcher.terminal import progress, succeeds

# 仿宋, 楷体 and the substitute for 小标宋; licence: GPL-3 with the font exception.
FANDOL = ("FandolFang-Regular.otf", "FandolKai-Regular.otf", "FandolSong-Bold.otf")
FANDOL_PACKAGE = "texlive-lang-chinese"
# 黑体, 宋体 and the fallback of all; licence: OFL-1.1. They are in a wheel of the lock file.
NOTO = ("NotoSansSC-Regular.otf", "NotoSerifSC-Regular.otf")
_SECONDS = 300.0


def fetch_fonts(places: Places) -> None:
    """Fill the font folder. Without the Fandol fonts it goes on, and documents are marked as unofficial (非正式稿)."""
    places.fonts.mkdir(parents=True, exist_ok=True)
    _take_noto(places)
    if _complete(places.fonts, FANDOL):
        return
    kept = places.cache / "fandol"
    if not _complete(kept, FANDOL):
        progress(f"fetching the Fandol fonts (from the package {FANDOL_PACKAGE}, 49 MB, which is not installed)")
        _fetch_fandol(kept, places)
    if _complete(kept, FANDOL):
        for file in sorted(kept.iterdir()):
            _place(file, places.fonts / file.name)
    else:
        progress("the Fandol fonts could not be fetched: documents will be marked 非正式稿 (not an official copy)")


def _complete(folder: Path, names: tuple[str, ...]) -> bool:
    return all((folder / name).is_file() for name in names)


def _take_noto(places: Places) -> None:
    if _complete(places.fonts, NOTO):
        return
    for package in places.venv.glob("lib/python*/site-packages/pylopdf_fonts_zh_cn"):
        for name in NOTO:
            _place(package / name, places.fonts / name)
    for licence in places.venv.glob("lib/python*/site-packages/pylopdf_fonts_zh_cn-*/licenses/LICENSE"):
        _place(licence, places.fonts / "Noto-LICENSE.txt")


def _fetch_fandol(kept: Path, places: Places) -> None:
    log = places.setup_log
    with tempfile.TemporaryDirectory(dir=places.cache) as temporary:
        folder = Path(temporary)
        for package in apt.download([FANDOL_PACKAGE], folder, places.cache, log):
            _unpack_fonts(package, folder, log)
        if _complete(folder, FANDOL):
            kept.mkdir(parents=True, exist_ok=True)
            for file in [*(folder / name for name in FANDOL), *folder.glob("Fandol-*.txt")]:
                _place(file, kept / file.name)


def _unpack_fonts(package: Path, folder: Path, log: Path) -> None:
    """Take the fonts and their licence out of a package of 49 MB without unpacking the rest."""
    unpack = (
        'dpkg-deb --fsys-tarfile "$1" | tar --extract --directory "$2" --wildcards'
        " '*/fonts/opentype/public/fandol/*' '*/doc/texlive-doc/fonts/fandol/*'"
    )
    if not succeeds(["sh", "-c", unpack, "sh", package, folder], log, seconds=_SECONDS):
        return
    for name in FANDOL:
        for found in folder.glob(f"usr/**/{name}"):
            found.rename(folder / name)
    for licence in folder.glob("usr/**/fandol/COPYING.gz"):
        (folder / "Fandol-COPYING.txt").write_bytes(gzip.decompress(licence.read_bytes()))
    for readme in folder.glob("usr/**/fandol/README"):
        readme.rename(folder / "Fandol-README.txt")


def _place(source: Path, target: Path) -> None:
    """Put a file where it belongs, whole or not at all; the same bytes on disk where that is possible."""
    unfinished = target.with_name(f".{target.name}.part")
    unfinished.unlink(missing_ok=True)
    try:
        os.link(source, unfinished)
    except OSError:
        shutil.copyfile(source, unfinished)
    unfinished.replace(target)
