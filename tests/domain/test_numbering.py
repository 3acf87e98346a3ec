"""Document numbers: official form, no gaps."""

from __future__ import annotations

import pytest

from saas.domain.errors import NumberingError
from saas.domain.numbering import DocumentNumber, check_sequence, next_number, parse_document_number


def test_a_number_is_printed_in_the_official_form() -> None:
    assert DocumentNumber("清政发", 2026, 3).text == "清政发〔2026〕3号"


def test_the_first_number_of_a_year_is_one() -> None:
    assert next_number("清政发", 2026, []).number == 1


def test_the_next_number_follows_the_last_whatever_the_order() -> None:
    assert next_number("清政发", 2026, [2, 1, 3]).text == "清政发〔2026〕4号"


@pytest.mark.parametrize(
    ("issued", "code"),
    [([1, 3], "number_gap"), ([2], "number_gap"), ([1, 1], "number_twice"), ([0, 1], "number_twice")],
)
def test_a_broken_sequence_stops_numbering(issued: list[int], code: str) -> None:
    with pytest.raises(NumberingError) as refusal:
        check_sequence(issued)

    assert refusal.value.code == code


def test_a_printed_number_is_read_back() -> None:
    assert parse_document_number("清政办发〔2026〕12号") == DocumentNumber("清政办发", 2026, 12)


@pytest.mark.parametrize(
    "text",
    [
        "清政发[2026]3号",
        "清政发〔2026〕03号",
        "清政发〔2026〕第3号",
        "清政发〔26〕3号",
        "清政发〔2026〕号",
        "QZF〔2026〕3号",
        "〔2026〕3号",
        "",
    ],
)
def test_what_is_not_in_the_official_form_is_refused(text: str) -> None:
    with pytest.raises(NumberingError) as refusal:
        parse_document_number(text)

    assert text in str(refusal.value)


@pytest.mark.parametrize(
    ("code", "year", "number"), [("", 2026, 1), ("清政发", 26, 1), ("清政发", 2026, 0), ("清 发", 2026, 1)]
)
def test_a_number_without_its_parts_cannot_be_made(code: str, year: int, number: int) -> None:
    with pytest.raises(NumberingError):
        DocumentNumber(code, year, number)
