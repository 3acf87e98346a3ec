"""Keeping the secrets of channels: encrypted, for one county each, with a key that the platform's own key yields.

A row that is copied into another county, or into an installation with another SECRET_KEY, cannot be read there.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid

from cryptography.fernet import Fernet, InvalidToken
from flask import current_app

from saas.domain.errors import DomainError
from saas.tenancy.scope import bound_tenant_id

_PURPOSE = b"jiceng channel secret 1"


class SecretLost(DomainError):  # noqa: N818  (reads as a sentence where it is raised)
    """What was kept cannot be read with the present key."""


def seal(text: str) -> str:
    """Encrypt a secret of the bound county."""
    return _cipher(bound_tenant_id()).encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """Read a secret of the bound county again. Raises SecretLost after the platform's key was changed."""
    try:
        return _cipher(bound_tenant_id()).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise SecretLost("平台密钥已更换，原来保存的地址不能再用，请重新填写", code="secret_lost") from None


def _cipher(tenant_id: uuid.UUID) -> Fernet:
    key = current_app.config["JICENG"].secret_key.encode()
    return Fernet(base64.urlsafe_b64encode(hmac.new(key, _PURPOSE + tenant_id.bytes, hashlib.sha256).digest()))
