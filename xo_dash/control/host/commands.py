"""All commands for hosts, in the order in which they are offered."""

from __future__ import annotations

from typing import Final

from xo_dash.control.action import AnyAction
from xo_dash.control.host.apply_updates import APPLY_UPDATES
from xo_dash.control.host.bring_back import BRING_BACK, LEAVE_THERE
from xo_dash.control.host.certificate import INSTALL_CERTIFICATE, RESET_CERTIFICATE
from xo_dash.control.host.dead import DECLARE_DEAD, FORGET_HOST
from xo_dash.control.host.dns import SET_DNS
from xo_dash.control.host.logs import DOWNLOAD_LOGS
from xo_dash.control.host.maintenance import ENTER, LEAVE, REFUSE_VMS
from xo_dash.control.host.membership import EJECT, JOIN
from xo_dash.control.host.pool_update import APPLY_POOL_UPDATE
from xo_dash.control.host.pool_updates import APPLY_POOL_UPDATES
from xo_dash.control.host.power import POWER_ON, REBOOT, RESTART_TOOLSTACK, SHUT_DOWN
from xo_dash.control.host.power_on import POWER_ON_MODE
from xo_dash.control.host.rename import DESCRIBE_HOST, RENAME_HOST, TAG_HOST
from xo_dash.control.host.settings import SETTINGS
from xo_dash.control.host.update import UPDATE_HOST
from xo_dash.control.network.plug import SCAN_NICS
from xo_dash.control.pool.lost_master import FOLLOW

OF_HOSTS: Final[tuple[AnyAction, ...]] = (
    BRING_BACK, LEAVE, ENTER, REFUSE_VMS, POWER_ON, FOLLOW, LEAVE_THERE, SCAN_NICS, DOWNLOAD_LOGS, RENAME_HOST, DESCRIBE_HOST, TAG_HOST,
    *SETTINGS, SET_DNS, POWER_ON_MODE, INSTALL_CERTIFICATE, RESET_CERTIFICATE, JOIN, RESTART_TOOLSTACK, UPDATE_HOST, APPLY_UPDATES,
    APPLY_POOL_UPDATE, APPLY_POOL_UPDATES, REBOOT, SHUT_DOWN, DECLARE_DEAD, EJECT, FORGET_HOST,
)  # fmt: skip
