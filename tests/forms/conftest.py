"""Somebody who designs forms."""

from __future__ import annotations

import pytest

from saas.access.permissions import Role
from tests.browser import Browser
from tests.factories import make_user


@pytest.fixture
def designer(browser: Browser) -> Browser:
    browser.sign_in(make_user(Role.SYSTEM_ADMIN))
    return browser
