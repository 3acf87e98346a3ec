"""A county whose villages report, and a clock that stands on 10 March 2026."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import pytest

from saas.org.models import OrgUnit
from saas.submissions.models import Collection
from tests.county import NOW as IN_TIME
from tests.county import County, clerk, make_county, now, office
from tests.factories_forms import make_collection

__all__ = ["IN_TIME", "Place", "clerk", "now", "office", "place", "token"]


@dataclass(frozen=True)
class Place(County):
    """The county with a collection of all villages."""

    collection: Collection

    def fill_path(self, unit: OrgUnit | None = None, period: str = "2026-03-01") -> str:
        return f"/submissions/fill/{self.collection.id}/{(unit or self.village).id}/{period}"


@pytest.fixture
def place(now: None) -> Place:
    return Place(**vars(make_county()), collection=make_collection())


def token() -> str:
    return str(uuid.uuid4())
