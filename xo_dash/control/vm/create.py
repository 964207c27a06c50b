"""A new VM: the row of the table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from data.facts.host import is_live
from data.identity import key_of
from data.names import name_of, name_order
from data.objects import SR, VDI, VM, Host, Pool
from data.stores.users import Role
from xo_dash.control.action import Action, AnyAction, Choice
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.vm.creation.check import check, source_refused
from xo_dash.control.vm.creation.request import CreateVM
from xo_dash.control.vm.creation.settle import settled
from xo_dash.control.vm.creation.steps import plan
from xo_dash.i18n import N_

INTERNAL: Final = "xensource_internal"
"""In other_config of what nobody should see. Source: xapi_globs."""


def templates_of(pools: Sequence[Pool]) -> list[VM]:
    """People's own first, then those that come with the pool, by name."""
    found = [
        vm
        for pool in pools
        for vm in pool.home.all(VM).values()
        if vm.is_a_template and not vm.is_a_snapshot and vm.other_config.get(INTERNAL) != "true"
    ]
    return sorted(found, key=lambda vm: (vm.is_default_template, name_order(vm)))


def images_of(pools: Sequence[Pool]) -> list[VDI]:
    """What can be put into a CD drive, by name; the tools at the end."""
    srs = [sr for pool in pools for sr in pool.home.all(SR).values() if sr.content_type == "iso" and sr.type != "udev"]
    found = [vdi for sr in srs for vdi in sr.all_of(VDI, sr.VDIs) if vdi.managed and not vdi.missing]
    return sorted(found, key=lambda vdi: (vdi.is_tools_iso, name_order(vdi)))


def _templates(pools: Sequence[Pool]) -> Sequence[Choice]:
    return [Choice(vm.uuid, name_of(vm), source_refused(vm)) for vm in templates_of(pools)]


def _images(pools: Sequence[Pool]) -> Sequence[Choice]:
    return [Choice(vdi.uuid, name_of(vdi)) for vdi in images_of(pools)]


def _hosts(pools: Sequence[Pool]) -> Sequence[Choice]:
    return [Choice(host.uuid, name_of(host)) for pool in pools for host in pool.home.all(Host).values()]


def blocked(pool: Pool) -> LazyText | None:
    master = pool.home.one(Host, pool.master)
    if master is not None and not is_live(master):
        return lazy(N_("its pool master is not responding"))
    return None


CREATE: Final[AnyAction] = Action(
    id="vm.create", kind=Pool, request=CreateVM, title=N_("New VM"), done=N_("The VM is created in {name}"), role=Role.OPERATOR,
    icon="plus", prominent=True, applies_to=lambda pool: True, blocked=blocked,
    choices={"template": _templates, "iso": _images, "host": _hosts}, check=check, settle=settled, plan=plan,
    page=lambda pool: f"/new-vm?pool={quote(key_of(pool), safe='@')}",
)  # fmt: skip
