"""Each view says who may open it; the application does not start otherwise."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import Flask, abort, current_app
from flask_login import current_user

from saas.access.permissions import Permission, permits
from saas.tenancy.address import current_county
from saas.tenancy.scope import tenant_scope

View = TypeVar("View", bound=Callable[..., Any])


def requires(permission: Permission, *, before_password_change: bool = False) -> Callable[[View], View]:
    """Open the view to holders of `permission`, bound to the county of the address.

    Guests are sent to sign in; others get 403. Whoever still has a first password is sent to change it, unless the
    view is part of doing so.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            county = current_county()
            with tenant_scope(county.id):
                if not current_user.is_authenticated:
                    return current_app.extensions["login"].unauthorized()
                if current_user.must_change_password and not before_password_change:
                    return current_app.extensions["password_change"]()
                if not permits(current_user.roles, permission):
                    abort(403)
                return view(*args, **kwargs)

        return _declare(guarded, permission.value)  # type: ignore[return-value]

    return decorate


def county_public(view: View) -> View:
    """Open the view to anyone at the county's address: signing in, checking a document. Bound to that county."""

    @wraps(view)
    def bound(*args: Any, **kwargs: Any) -> Any:
        with tenant_scope(current_county().id):
            return view(*args, **kwargs)

    return _declare(bound, "county_public")  # type: ignore[return-value]


def public(view: View) -> View:
    """Open the view to anyone. No tenant is bound, so it cannot show tenant data."""
    return _declare(view, "public")


def _declare(view: View, access: str) -> View:
    view.access = access  # type: ignore[attr-defined]
    return view


def refuse_undeclared_views(app: Flask) -> None:
    """Stop the app from starting while any view has not said who may open it."""
    undeclared = sorted(name for name, view in app.view_functions.items() if not hasattr(view, "access"))
    if undeclared:
        raise RuntimeError(f"views without @requires, @county_public or @public: {undeclared}")
