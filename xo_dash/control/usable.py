"""Which SRs and networks somebody may use: what is chosen for them is one of these."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from data.grants.table import GrantTable
from data.identity import key_of
from data.objects import SR, VBD, VDI, VIF, VM, Host, Network
from data.stores.users import Role, User
from data.types import XapiObject
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.i18n import N_

T = TypeVar("T", SR, Network)
Usable = Callable[[SR | Network], bool]


def usable_by(user: User | None, *at: XapiObject) -> Usable | None:
    """None: all of them. `at`: what it is for, as its user sees it, the first an object of the pool in question."""
    if user is None:
        return None
    table = at[0].home.part(GrantTable)
    rights = table.rights(user)
    quotas = [] if user.role is Role.ADMIN else [quota for quota in table.quotas_of(user.id) if quota.srs or quota.networks]
    if rights.sees_everything and not quotas:
        return None
    beside = {key_of(row) for one in at for row in at_hand(one)}

    def is_usable(row: SR | Network) -> bool:
        if not all(quota.allows(row) for quota in quotas):
            return False
        return rights.sees(row.home.original(row)) or table.may_use(user.id, row) or key_of(row) in beside

    return is_usable


def no_more_than_a_name(host: Host, vm: VM) -> LazyText | None:
    """Why `host` cannot be chosen for `vm` by somebody who knows it by name alone; the VM's own host can."""
    if host.home.shows_whole(host) or host in at_hand(vm):
        return None
    return lazy(N_("you see no more of it than its name; ask an administrator for a right on it"))


def at_hand(subject: XapiObject) -> Iterator[XapiObject]:
    """What is seen by name with a VM: its host, its SRs and its networks."""
    if isinstance(subject, VM):
        for vbd in subject.all_of(VBD, subject.VBDs):
            yield from (sr for vdi in subject.all_of(VDI, [vbd.VDI]) if (sr := vdi.home.one(SR, vdi.SR)))
        for vif in subject.all_of(VIF, subject.VIFs):
            yield from subject.all_of(Network, [vif.network])
        yield from subject.all_of(Host, [subject.resident_on, subject.affinity])
