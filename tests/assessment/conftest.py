"""The county that is assessed."""

from __future__ import annotations

import pytest

from tests.browser import Browser
from tests.factories_assessment import AssessedCounty, make_assessed_county


@pytest.fixture
def county(browser: Browser) -> AssessedCounty:
    return make_assessed_county()
