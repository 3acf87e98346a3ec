"""A person in front of a browser: cookies, form tokens, redirects; nothing the application does not offer everybody."""

from __future__ import annotations

import http.client
import secrets
import time
from collections.abc import Mapping, Sequence
from http.cookies import SimpleCookie
from types import TracebackType
from urllib.parse import quote, urlencode, urljoin, urlsplit

from saas.demo.counties import PASSWORD
from saas.demo.pages import Form, Page, read_page

SECONDS = 60
IDLE_SECONDS = 1.0
REDIRECTS = frozenset({301, 302, 303, 307, 308})
MOST_REDIRECTS = 8


class Unexpected(Exception):  # noqa: N818  (reads as a sentence where it is raised)
    """A page did not offer or show what was expected. The text says what."""


class Visitor:
    """One person, from opening the browser to closing it."""

    def __init__(self, base_url: str, slug: str) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise Unexpected(f"{base_url!r} is no address of a web server")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.hostname, parts.port, timeout=SECONDS)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._cookies: dict[str, str] = {}
        self._last_used = 0.0
        self.slug = slug
        self.name = "guest"

    def __enter__(self) -> Visitor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def sign_in(self, login_name: str) -> Visitor:
        """Sign in with the password that everybody has here."""
        self.name = login_name
        page = self.send(self.form(self.open("/sign-in"), "/sign-in"), {"login_name": login_name, "password": PASSWORD})
        if page.find_form("/sign-in"):
            raise self.unexpected(page, f"{login_name} signs in")
        return self

    def open(self, path: str) -> Page:
        """Open a page of the county; addresses from links are taken as they are."""
        page = self._request("GET", path)
        if page.status != http.client.OK:
            raise self.unexpected(page, f"the page {path}")
        return page

    def send(
        self,
        form: Form,
        values: Mapping[str, str | list[str]] | None = None,
        *,
        files: Mapping[str, tuple[str, bytes]] | None = None,
    ) -> Page:
        """Fill a form and send it. Raise Unexpected with what the page says unless the server took it."""
        pairs = form.filled(values or {})
        if files:
            body, media_type = _multipart(pairs, files)
        else:
            body, media_type = urlencode(pairs).encode(), "application/x-www-form-urlencoded"
        page = self._request("POST", form.action, body, media_type)
        if page.status != http.client.OK:
            raise self.unexpected(page, f"that {form.action} is taken")
        return page

    def form(self, page: Page, ending: str) -> Form:
        """The form of a page that is sent to an address with this ending; Unexpected if the page has none."""
        found = page.find_form(ending)
        if found is None:
            raise self.unexpected(page, f"a form for …{ending}")
        return found

    def unexpected(self, page: Page, expected: str) -> Unexpected:
        """Who expected what, and what the page said instead: to be raised."""
        said = "；".join(page.alerts) or page.text[:300]
        return Unexpected(f"{self.name} expected {expected}; {page.path} answered {page.status}: {said}")

    def _request(self, method: str, path: str, body: bytes | None = None, media_type: str = "") -> Page:
        target = self._target(path)
        for _ in range(MOST_REDIRECTS):
            status, location, found_type, content = self._exchange(method, target, body, media_type)
            if status not in REDIRECTS or not location:
                return read_page(status, target, content, found_type)
            where = urlsplit(urljoin(self._origin + target, location))
            target = where.path + (f"?{where.query}" if where.query else "")
            if status not in {307, 308}:
                method, body = "GET", None
        raise Unexpected(f"{target} redirects without end")

    def _target(self, path: str) -> str:
        if path.startswith(("http://", "https://")):
            path = urlsplit(path).path
        return path if path.startswith(f"/{self.slug}/") else f"/{self.slug}{path}"

    def _exchange(self, method: str, target: str, body: bytes | None, media_type: str) -> tuple[int, str, str, bytes]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if body is not None:
            headers["Content-Type"] = media_type
        if time.monotonic() - self._last_used > IDLE_SECONDS:
            self._connection.close()  # the server closes idle connections too: it opens again by itself
        try:
            self._connection.request(method, quote(target, safe="/?&=%:+,;~-_.#"), body, headers)
            response = self._connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise Unexpected(f"no answer from {self._origin}{target}: {error}") from None
        self._last_used = time.monotonic()
        for header in response.headers.get_all("Set-Cookie") or []:
            for name, morsel in SimpleCookie(header).items():
                self._cookies[name] = morsel.value
        found_type = response.headers.get_content_type()
        return response.status, response.headers.get("Location", ""), found_type, content


def _multipart(pairs: Sequence[tuple[str, str]], files: Mapping[str, tuple[str, bytes]]) -> tuple[bytes, str]:
    boundary = f"----{secrets.token_hex(12)}"
    parts = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode() for name, value in pairs]
    parts += [
        f'Content-Disposition: form-data; name="{name}"; filename="{file_name}"\r\n'.encode()
        + b"Content-Type: image/jpeg\r\n\r\n"
        + content
        for name, (file_name, content) in files.items()
    ]
    body = b"".join(b"--%s\r\n%s\r\n" % (boundary.encode(), part) for part in parts)
    return body + b"--%s--\r\n" % boundary.encode(), f"multipart/form-data; boundary={boundary}"
