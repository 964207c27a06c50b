"""All templates as rows of one list: whose they are, what VMs were made of each, what they take."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from components.hosts.rows import pool_cell
from components.lists.rows import Cell, ListColumn, ListRow, TableSpec
from components.urls import path_of
from data.changes import Change
from data.disks import own_disks, own_size
from data.names import name_of
from data.objects import SR, VM
from data.relations import Reads
from data.types import Home
from data.views.things import GUEST, POOL_NAME, via
from data.vms import BASE_TEMPLATE, made_of
from xo_dash.control.vm.create import INTERNAL
from xo_dash.control.vm.kinds import is_template
from xo_dash.i18n import _, number, size

OWN, BUILT_IN, UNUSED = "own", "built-in", "unused"
READS: Final = (
    *GUEST, "name_label", "uuid", "name_description", "tags", "other_config", "is_default_template", "memory_dynamic_max",
    "VCPUs_at_startup",
    *via("VBDs", "type", "empty", "VDI.managed", "VDI.sharable", "VDI.read_only", "VDI.physical_utilisation"),
    *via("VBDs.VDI.SR", "name_label", "uuid"), *POOL_NAME,
)  # fmt: skip


def template_table(owner: Callable[[VM], str] = lambda _template: "") -> TableSpec[VM]:
    """`owner`: what names whose one is."""
    columns = [
        ListColumn(_("Template"), "minmax(180px, 1.6fr)", main=True),
        ListColumn(_("VMs created from it"), "minmax(130px, 1.2fr)", brief=True),
        ListColumn(_("vCPUs"), "64px", number=True, down=True, drop=3),
        ListColumn(_("Memory"), "84px", number=True, down=True, drop=4),
        ListColumn(_("Disks"), "96px", number=True, down=True, brief=True),
        ListColumn(_("SR"), "minmax(100px, 0.8fr)", drop=2),
        ListColumn(_("Owner"), "minmax(110px, 0.8fr)", brief=True),
        ListColumn(_("Pool"), "minmax(90px, 0.7fr)", drop=1),
    ]
    return TableSpec(
        kind=VM,
        columns=columns,
        row=lambda template: _row(template, owner(template)),
        reads=Reads(VM, READS),
        belongs=lambda vm: is_template(vm) and vm.other_config.get(INTERNAL) != "true",
        hidden=lambda vm: vm.is_default_template,
        title=_("Templates"),
        nothing=_("No templates. Convert a VM to a template, or install one."),
        find=_("Template, VM, SR"),
        segments={OWN: _("Own"), BUILT_IN: _("Built-in"), UNUSED: _("Own, unused")},
        near=_templates_of,
    )


def _templates_of(changes: Sequence[Change]) -> Iterator[VM]:
    """Those that a VM was made of, when it comes, goes or is renamed: of each pool all are looked through once."""
    found: dict[Home, set[str]] = {}
    for change in changes:
        vm = change.subject
        if isinstance(vm, VM) and BASE_TEMPLATE in vm.other_config and (not change.names or "name_label" in change.names):
            found.setdefault(vm.home, set()).add(vm.other_config[BASE_TEMPLATE])
    for home, names in found.items():
        yield from (vm for vm in home.all(VM).values() if vm.name_label in names and is_template(vm))


def _row(template: VM, owner: str) -> ListRow:
    vms, disks, amount = made_of(template), own_disks(template), own_size(template)
    srs = dict.fromkeys(name_of(sr) for disk in disks if (sr := disk.home.one(SR, disk.SR)))
    cells = (
        Cell(name_of(template), path=path_of(template), tip=template.name_description),
        _made(vms),
        Cell(number(template.VCPUs_at_startup), key=template.VCPUs_at_startup),
        Cell(size(template.memory_dynamic_max), key=template.memory_dynamic_max),
        Cell(size(amount) if disks else "–", key=amount if disks and amount >= 0 else math.nan),
        Cell(", ".join(srs)),
        Cell(_("comes with the pool"), tone="dim") if template.is_default_template else Cell(owner or "–"),
        pool_cell(template),
    )
    own = (OWN, *([] if vms else [UNUSED]))
    segments = (BUILT_IN,) if template.is_default_template else own
    return ListRow(cells, segments, "\n".join((owner, *template.tags, *map(name_of, vms[:50]))))


def _made(vms: list[VM]) -> Cell:
    if not vms:
        return Cell("–", key=0, tone="dim")
    names = ", ".join(map(name_of, vms[:3]))
    more = _("{names} and {n} more").format(names=names, n=number(len(vms) - 3)) if len(vms) > 3 else names
    return Cell(more, key=len(vms), path=path_of(vms[0]) if len(vms) == 1 else "", tip="\n".join(map(name_of, vms[:30])))
