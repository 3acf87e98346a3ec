"""What is fixed when a record is begun stays with it, however often it is changed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from saas.db import db
from tests.browser import Browser
from tests.registers.conftest import Place, make_register
from tests.registers.steps import form_of, records

FIXED: tuple[Mapping[str, Any], ...] = (
    {"type": "calculate", "name": "drawn", "label": "抽签", "calculation": "once(random())"},
    {"type": "date", "name": "seen_on", "label": "发现日期", "initial": "today()"},
)


def test_a_record_keeps_the_lot_that_its_first_page_had(clerk: Browser, place: Place) -> None:
    register = make_register("抽查台账", *FIXED)
    address = f"/registers/{register.id}/records/new"
    page = clerk.get(address).text
    carried = dict(re.findall(r'name="(drawn:once)" value="([^"]*)"', page))
    assert 'value="2026-03-10"' in page

    sent = re.findall(r'name="send_token" value="([^"]*)"', page)[0]
    clerk.post(address, {"matter": "争水渠", "kind": "land", "send_token": sent, **carried})
    record = next(each for each in records() if each.register_id == register.id)
    drawn = record.answers["drawn"]
    assert carried["drawn:once"].startswith(drawn + ".")

    changed = clerk.post(f"/registers/records/{record.id}/edit", form_of(record, matter="争田埂"))

    assert changed.status_code == 303
    db.session.refresh(record)
    assert (record.title, record.answers["drawn"]) == ("争田埂", drawn)
