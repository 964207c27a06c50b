"""The commands for a pool as a whole, in the order in which they are offered."""

from __future__ import annotations

from typing import Final

from xo_dash.control.action import AnyAction
from xo_dash.control.pool.ha import DISABLE_HA, ENABLE_HA, FAILURES, PRIORITIES_OF_VMS
from xo_dash.control.pool.lost_master import LOST_MASTER
from xo_dash.control.pool.master import NEW_MASTER
from xo_dash.control.pool.metadata import BACKUP, RESTORE_POOL
from xo_dash.control.pool.rename import DESCRIBE_POOL, RENAME_POOL
from xo_dash.control.pool.repositories import FORGET_REPOSITORY, SET_REPOSITORIES, USE_OTHER_POOL
from xo_dash.control.pool.settings import AUTO_START_OF_POOL, BALANCING, NETWORK_OF_MIGRATIONS, POOL_TAGS, SPECIAL_SRS
from xo_dash.control.pool.update_schedule import UPDATE_PROXY, UPDATE_SCHEDULE
from xo_dash.control.pool.updates import SYNC_UPDATES, UPLOAD_BUNDLE

POOLS: Final[tuple[AnyAction, ...]] = (
    RENAME_POOL, DESCRIBE_POOL, POOL_TAGS, SPECIAL_SRS, AUTO_START_OF_POOL, NETWORK_OF_MIGRATIONS, BALANCING,
    ENABLE_HA, PRIORITIES_OF_VMS, FAILURES, DISABLE_HA, NEW_MASTER, LOST_MASTER, SYNC_UPDATES, UPLOAD_BUNDLE,
    SET_REPOSITORIES, USE_OTHER_POOL, UPDATE_SCHEDULE, UPDATE_PROXY, FORGET_REPOSITORY, BACKUP, RESTORE_POOL,
)  # fmt: skip
