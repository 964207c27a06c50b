"""Clusters of hosts for GFS2: a feature that needs a daemon and a licence, neither of which XCP-ng has. Pools that had one are seen."""

from __future__ import annotations

from ..call import Call
from ..errors import XapiError
from ..registry import message

STACK = "corosync"


@message("Cluster.create", "Cluster.pool_create")
def create(_call: Call, _where: str, stack: str, *_more: object) -> str:
    if stack != STACK:
        raise XapiError("INVALID_CLUSTER_STACK", stack)
    raise XapiError("LICENCE_RESTRICTION", "Corosync")


@message(
    "Cluster.destroy", "Cluster.pool_destroy", "Cluster.pool_force_destroy", "Cluster.pool_resync", "Cluster_host.create",
    "Cluster_host.destroy", "Cluster_host.force_destroy", "Cluster_host.enable", "Cluster_host.disable",
)  # fmt: skip
def refuse(_call: Call, *_arguments: object) -> str:
    raise XapiError("LICENCE_RESTRICTION", "Corosync")


@message("Cluster.get_network")
def get_network(call: Call, cluster: str) -> str:
    """Of its hosts; INTERNAL_ERROR if they disagree."""
    db = call.db
    networks = {db.get(db.get(member, "PIF"), "network") for member in db.get(cluster, "cluster_hosts")}
    if len(networks) != 1:
        raise XapiError("INTERNAL_ERROR", f"Cannot find a single network for cluster {cluster}")
    return str(networks.pop())
