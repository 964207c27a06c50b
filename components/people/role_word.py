"""A role in the reader's language."""

from data.stores.users import Role
from xo_dash.control.grant_words import ROLES
from xo_dash.i18n import _


def role_word(role: Role) -> str:
    return _(ROLES[role])
