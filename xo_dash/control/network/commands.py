"""The commands for networks and for hosts' ports into them, in the order in which they are offered."""

from __future__ import annotations

from typing import Final

from xo_dash.control.action import AnyAction
from xo_dash.control.network.address import SET_ADDRESS
from xo_dash.control.network.addresses import SET_ADDRESSES
from xo_dash.control.network.create import NEW_NETWORK
from xo_dash.control.network.delete import DELETE_NETWORK
from xo_dash.control.network.management import MANAGE_NETWORK, MANAGE_PORT
from xo_dash.control.network.plug import FORGET_PORT, PLUG_PORT, UNPLUG_PORT
from xo_dash.control.network.rename import DESCRIBE_NETWORK, RENAME_NETWORK
from xo_dash.control.network.settings import BOND_MODE, NETWORK_TAGS, SET_NETWORK

NETWORKS: Final[tuple[AnyAction, ...]] = (
    NEW_NETWORK, RENAME_NETWORK, DESCRIBE_NETWORK, NETWORK_TAGS, SET_NETWORK, BOND_MODE, SET_ADDRESSES, MANAGE_NETWORK, DELETE_NETWORK,
    SET_ADDRESS, MANAGE_PORT, PLUG_PORT, UNPLUG_PORT, FORGET_PORT,
)  # fmt: skip
