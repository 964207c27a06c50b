"""How many vCPUs a VM may have: what no host of its pool can start is refused, what its template does not recommend is said.

Source: xapi starts no VM with more vCPUs (VCPUs_max) than its host has CPUs, unless platform:vcpu-unrestricted says true or 1. What
stands in `recommendations` it does not enforce; XenCenter takes it for the limit.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Annotated, Final

from msgspec import Meta

from data.hosts import cpus_of
from data.objects import VM, Host
from data.types import Home
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.i18n import N_

MOST: Final = 254
"""What the numbers of virtual CPUs allow; Xen may allow fewer."""
VCpus = Annotated[int, Meta(ge=1, le=MOST)]
UNRESTRICTED: Final = "vcpu-unrestricted"
_MOST: Final = re.compile(r'max="([0-9]{1,6})"')


def too_many(vcpus: int, vm: VM) -> LazyText | None:
    """Why so many could not run on any host of its pool; None if they could, or nobody knows. `vm` may be a template."""
    most = most_cpus(vm.home.original(vm).home)  # of all hosts, also of those that somebody does not see
    if most <= 0 or vcpus <= most or _is_unrestricted(vm):
        return None
    return lazy(N_("no host in the pool has that many CPUs; the largest has {most}"), most=most)


def host_lacks(vcpus: int, vm: VM, host: Host) -> LazyText | None:
    """The same of one host."""
    threads = cpus_of(host).threads
    if threads <= 0 or vcpus <= threads or _is_unrestricted(vm):
        return None
    return lazy(N_("it has {threads} CPUs, fewer than the {vcpus} vCPUs"), threads=threads, vcpus=vcpus)


def _is_unrestricted(vm: VM) -> bool:
    return vm.platform.get(UNRESTRICTED, "").lower() in ("true", "1")


def not_recommended(vcpus: int, vm: VM) -> LazyText | None:
    """What its template has to say against so many."""
    most = recommended_cpus(vm.recommendations)
    if not most or vcpus <= most:
        return None
    return lazy(N_("the template recommends {most} vCPUs at most; the guest may not start, or not use them all"), most=most)


def most_cpus(home: Home) -> int:
    """Of the largest host; 0 if nobody knows, as where one does not say."""
    found = [cpus_of(host).threads for host in home.all(Host).values()]
    return max(found, default=0) if all(found) else 0


@lru_cache(maxsize=256)
def recommended_cpus(recommendations: str) -> int:
    """0 where it says nothing."""
    for part in recommendations.split("<restriction ")[1:]:
        if 'field="vcpus-max"' in part and (found := _MOST.search(part)):
            return int(found[1])
    return 0
