"""How much of their quotas a user has used, in words: beside the fields that take more of it."""

from __future__ import annotations

from data.stores.users import Role, User
from xo_dash.context import Context
from xo_dash.control.quota.demands import COMMANDS
from xo_dash.control.quota.words import quota_text


def quota_lines(context: Context, user: User | None, action_id: str) -> list[str]:
    """A line for each quota that the command is held against; none for administrators, who have none."""
    if user is None or user.role is Role.ADMIN or action_id not in COMMANDS:
        return []
    desk, table = context.runner.quotas, context.grants.table
    return [str(quota_text(quota, desk.used(quota), table)) for quota in table.quotas_of(user.id)]
