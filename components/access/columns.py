"""What the table of an object's Access tab asks about: a few verbs that stand for the rest, by the kind of object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from data.grants.grant import GrantKind
from xo_dash.control.actions import ACTIONS
from xo_dash.control.verbs import RIGHTS, Verb
from xo_dash.i18n import N_

_SEE: Final = (N_("See"), "vm.see")
COLUMNS: Final[Mapping[GrantKind, Sequence[tuple[str, str]]]] = {
    GrantKind.VM: (
        _SEE, (N_("Console"), "vm.console"), (N_("Start"), "vm.start"), (N_("Snapshot"), "vm.snapshot"),
        (N_("Change"), "vm.memory"), (N_("Migrate"), "vm.migrate"), (N_("Delete"), "vm.delete"),
    ),
    GrantKind.HOST: (
        _SEE, (N_("Start VMs"), "vm.start"), (N_("Maintenance mode"), "host.maintenance"), (N_("Reboot"), "host.reboot"),
        (N_("Console"), "host.console"),
    ),
    GrantKind.POOL: (
        _SEE, (N_("New VM"), "vm.create"), (N_("Start VMs"), "vm.start"), (N_("Delete VMs"), "vm.delete"), (N_("Change"), "pool.rename"),
    ),
    GrantKind.SR: (
        _SEE, (N_("New disk"), "sr.new_disk"), (N_("Grow disks"), "vdi.grow"), (N_("Change"), "sr.rename"), (N_("Detach"), "sr.detach"),
    ),
    GrantKind.NETWORK: (
        _SEE, (N_("Tags"), "network.tags"), (N_("Change"), "network.settings"), (N_("Delete"), "network.delete"),
    ),
}  # fmt: skip
"""{kind: (title, verb)}"""

_INSIDE: Final[Mapping[GrantKind, Sequence[str]]] = {
    GrantKind.VM: ("VM", "VBD", "VIF"),
    GrantKind.HOST: ("host", "VM"),
    GrantKind.POOL: ("pool", "host", "VM", "SR", "network"),
    GrantKind.SR: ("SR", "VDI"),
    GrantKind.NETWORK: ("network",),
}
"""XAPI's classes of what is done to a kind of object and what is in it."""


def verbs_for(kind: GrantKind) -> list[Verb]:
    """All that one may ask about an object of this kind: what can be looked at, then the actions of it and of what is in it."""
    shown, inside = {verb for _title, verb in COLUMNS[kind]}, _INSIDE[kind]
    actions = sorted((one for one in ACTIONS if one.kind.xapi_class in inside), key=lambda one: inside.index(one.kind.xapi_class))
    return [*(right for right in RIGHTS if right.id in shown), *actions]
