"""Which kinds of session a route is for: said where it is registered. What says nothing is for people who signed in."""

from collections.abc import Callable, Iterable
from enum import Flag, auto
from typing import Any, TypeVar

from starlette.routing import BaseRoute, Match
from starlette.types import Scope

E = TypeVar("E", bound=Callable[..., Any])


class SessionKind(Flag):
    """Who asks."""

    NOBODY = auto()  # without a session
    KIOSK = auto()  # a screen that came in by a link
    PERSON = auto()  # a user; what each role may do is asked where it is done
    TOKEN = auto()  # a program that acts for a user


EVERYBODY = SessionKind.NOBODY | SessionKind.KIOSK | SessionKind.PERSON | SessionKind.TOKEN
PROGRAMS = SessionKind.PERSON | SessionKind.TOKEN
"""Whom the API serves: a browser that is signed in may use it, too."""
SIGNED_IN = SessionKind.KIOSK | SessionKind.PERSON

_MARK = "_xo_dash_kinds"


def open_to(kinds: SessionKind) -> Callable[[E], E]:
    """Declare whom an endpoint serves; for pages below `@ui.page(...)`, for routes below `@app.get(...)`."""

    def mark(endpoint: E) -> E:
        setattr(endpoint, _MARK, kinds)
        return endpoint

    return mark


def kinds_of(endpoint: object) -> SessionKind:
    """Whom it serves."""
    kinds = getattr(endpoint, _MARK, SessionKind.PERSON)
    return kinds if isinstance(kinds, SessionKind) else SessionKind.PERSON


def endpoint_of(routes: Iterable[BaseRoute], scope: Scope) -> object:
    """What will answer a request; None if nothing does, be it for its path or its method."""
    for route in routes:
        match, found = route.matches(scope)
        if match is Match.FULL:
            return found.get("endpoint", route)
    return None
