"""Passwords: how they are kept and what is asked of them (GB/T 22239 8.1.4.1 a; ASVS 6.2)."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from saas.domain.errors import Message, message

MIN_LENGTH = 8
MAX_LENGTH = 128
CLASSES_ASKED = 3
COMMON = frozenset(
    {
        "password",
        "12345678",
        "123456789",
        "1234567890",
        "qwertyui",
        "qwerty123",
        "abc12345",
        "admin123",
        "password1",
        "11111111",
        "88888888",
        "66666666",
        "iloveyou",
        "aa123456",
        "a1234567",
        "1q2w3e4r",
        "1qaz2wsx",
        "qwer1234",
        "asdf1234",
        "zaq12wsx",
        "abcd1234",
        "password123",
    }
)

_hasher = PasswordHasher()


@cache
def _unknown_account() -> str:
    """A hash that nothing fits, made when the first guest needs it."""
    return _hasher.hash("nobody signs in with this")


def hash_password(password: str) -> str:
    """Return the Argon2id hash, salt and parameters included."""
    return _hasher.hash(password)


def verify_password(password_hash: str | None, password: str) -> bool:
    """Return whether the password fits. An unknown account takes as long as a known one."""
    try:
        _hasher.verify(password_hash or _unknown_account(), password[:MAX_LENGTH])
    except (VerifyMismatchError, InvalidHashError):
        return False
    return password_hash is not None


def password_problem(password: str, *, login_name: str) -> Message | None:
    """Return what is wrong with a new password, or None. Nothing is cut off: too long is an answer of its own."""
    if len(password) < MIN_LENGTH:
        return message("password_short", "密码至少 {n} 个字符", n=MIN_LENGTH)
    if len(password) > MAX_LENGTH:
        return message("password_long", "密码最多 {n} 个字符", n=MAX_LENGTH)
    if password.lower() in COMMON or login_name.lower() in password.lower():
        return message("password_common", "密码过于常见或包含账号名，请换一个")
    classes = (str.islower, str.isupper, str.isdigit, lambda c: not c.isalnum())
    if sum(any(kind(char) for char in password) for kind in classes) < CLASSES_ASKED:
        return message("password_plain", "密码须包含大写字母、小写字母、数字、符号中的至少三类")
    return None
