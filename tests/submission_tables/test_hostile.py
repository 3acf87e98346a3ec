"""The files of strangers on the way of the forms: refused at the door or when they are opened, never taken in."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from saas.db import db
from saas.imports.models import ImportStatus
from saas.submissions.models import Collection, Submission
from tests.browser import Browser
from tests.imports.steps import latest, work
from tests.spreadsheets.hostile import HOSTILE
from tests.submission_tables.steps import send
from tests.submissions.conftest import Place


@pytest.mark.parametrize("case", sorted(HOSTILE))
def test_a_hostile_file_changes_nothing(town: Browser, place: Place, collection: Collection, case: str) -> None:
    name, build, _word = HOSTILE[case]

    response = send(town, collection, build(), name=name)

    if response.status_code == 303:  # it looked like a workbook from outside
        assert work() == ["done"]
        assert latest().status is ImportStatus.REFUSED
    else:
        assert response.status_code == 422
    assert db.session.scalar(select(func.count()).select_from(Submission)) == 0
