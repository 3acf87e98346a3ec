"""Document numbers (发文字号): gap-free per agency code and year, like 清政发〔2026〕3号.

Form after GB/T 9704-2012, 7.2.5: the year in full in 〔 〕, no 第, no leading zero.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from saas.domain.errors import NumberingError

_AGENCY_CODE = re.compile(r"[\u4e00-\u9fff]{1,20}")
_TEXT = re.compile(r"([\u4e00-\u9fff]{1,20})〔([0-9]{4})〕([1-9][0-9]*)号")


@dataclass(frozen=True, slots=True)
class DocumentNumber:
    """A number of one agency code (机关代字) in one year."""

    agency_code: str
    year: int
    number: int

    def __post_init__(self) -> None:
        if not _AGENCY_CODE.fullmatch(self.agency_code):
            raise NumberingError(
                "机关代字“{agency_code}”应为汉字", code="bad_agency_code", agency_code=self.agency_code
            )
        if not 1949 <= self.year <= 9999:
            raise NumberingError("年份应写全四位", code="bad_year", year=self.year)
        if self.number < 1:
            raise NumberingError("序号从 1 起", code="bad_number", number=self.number)

    @property
    def text(self) -> str:
        """The number as printed."""
        return f"{self.agency_code}〔{self.year}〕{self.number}号"


def next_number(agency_code: str, year: int, issued: Sequence[int]) -> DocumentNumber:
    """Return the number after those issued in that year.

    Raises NumberingError if they have a gap or a duplicate: something else gave numbers, and going on would hide it.
    """
    check_sequence(issued)
    return DocumentNumber(agency_code, year, len(issued) + 1)


def check_sequence(issued: Sequence[int]) -> None:
    """Raise NumberingError unless the numbers are 1 … n, each once."""
    for expected, number in enumerate(sorted(issued), start=1):
        if number > expected:
            raise NumberingError("发文字号缺 {number} 号", code="number_gap", number=expected)
        if number < expected:
            raise NumberingError("发文字号 {number} 号重复", code="number_twice", number=number)


def parse_document_number(text: str) -> DocumentNumber:
    """Read a printed number. Raise NumberingError if it is not in the official form."""
    match = _TEXT.fullmatch(text)
    if match is None:
        raise NumberingError("“{text}”不是规范的发文字号，应如 清政发〔2026〕3号", text=text)
    return DocumentNumber(match[1], int(match[2]), int(match[3]))
