"""A small list of divisions with invented places, in the place of the one that ships."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from saas.divisions import reading
from saas.divisions.compile import compile_list

COUNTY, TOWN = "990102", "990102100"
LARGE_COUNTY, LARGE_TOWN = "990101", "990101001"  # four hundred communities in one town
# The villages of TOWN that are taken at first, with the names that are proposed for them.
VILLAGES = {
    "990102100001": "镇东社区",
    "990102100200": "石桥村",
    "990102100201": "柳湾村",
    "990102100230": "远庄村",
}
_TABLES = {
    "provinces": ["99,甲省"],
    "cities": ["9901,乙市"],
    "areas": ["990101,临江区", "990102,清禾县"],
    "streets": ["990101001,南街道", "990102001,东街道办事处", "990102100,青石镇", "990102400,清禾工业园区"],
    "villages": [
        *(f"990101001{number:03d},第{number}社区居委会" for number in range(1, 401)),
        "990102001001,东一社区居委会",
        "990102001002,东二社区居委会",
        "990102100001,镇东社区居委会",
        "990102100200,石桥村委会",
        "990102100201,柳湾村委会",
        "990102100230,远庄村村民委员会",
        "990102100498,青石虚拟社区",
        "990102400200,坡上村委会",
    ],
}


@contextmanager
def small_list(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[None]:
    """Let the application read the small list for a while."""
    for name, rows in _TABLES.items():
        (folder / f"{name}.csv").write_text("\n".join(["code,name", *rows]) + "\n", encoding="utf-8")
    compile_list(folder, folder / "divisions.zip")
    with monkeypatch.context() as patch:
        patch.setattr(reading, "FILE", folder / "divisions.zip")
        _forget()
        yield
    _forget()


def _forget() -> None:
    for cached in (reading._counties, reading._counties_by_code, reading.read_county, reading.source):
        cached.cache_clear()
