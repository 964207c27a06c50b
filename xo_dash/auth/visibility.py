"""What who came in may see."""

from __future__ import annotations

from data.changes import Subject
from data.scope import everything, on_a_screen
from data.stores.users import Role, User
from data.visibility import Sees
from xo_dash.auth.sessions import is_screen


def sees_of(user: User) -> Sees:
    """Of a screen what has its place on the map, of a person everything, or nothing."""
    if is_screen(user):
        return on_a_screen
    return everything if user.role.includes(Role.VIEWER) else nothing


def nothing(_subject: Subject) -> bool:
    return False
