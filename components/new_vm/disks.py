"""The disks of a new VM: those of its template, fresh ones, and ones that are there already."""

from __future__ import annotations

from functools import partial

from nicegui import ui

from components.new_vm.draft import DiskDraft, DraftSource
from components.new_vm.model import Model
from components.new_vm.rows_section import RowsSection
from components.ui import Button
from data.facts.vm import is_guest
from data.names import by_name, name_of
from data.objects import SR, VBD, VDI, VM
from data.types import Home
from xo_dash.control.sr.choice import disk_srs, free_space
from xo_dash.control.usable import Usable
from xo_dash.control.vm.creation.blueprint import Blueprint, Disk, suggested_sr
from xo_dash.control.vm.creation.settle import usable_sr
from xo_dash.i18n import _, isolated, ngettext, number, size


class Disks(RowsSection[DiskDraft]):
    title = staticmethod(lambda: _("Disks"))
    fields = ("disks",)

    def summary(self, model: Model) -> str:
        plan = model.plan
        if plan is None or not plan.disks:
            return "" if plan is None else _("no disk")
        if len(plan.disks) > 1:
            total = sum(disk.size for disk in plan.disks)
            count = ngettext("{n} disk", "{n} disks", len(plan.disks)).format(n=number(len(plan.disks)))
            return f"{count} · {size(total)}"
        (disk,) = plan.disks
        told = _("{size} on {sr}").format(size=size(disk.size), sr=name_of(disk.sr) if disk.sr else "–")
        free = free_space(disk.sr) if disk.sr is not None else None
        parts = (disk.called(plan.names[0], 1), told, _("{free} free").format(free=size(free)) if free is not None else "")
        return " · ".join(filter(None, parts))

    def suggested(self, plan: Blueprint) -> list[DiskDraft]:
        return [_draft_of(disk) for disk in plan.disks]

    def fill(self) -> None:
        super().fill()
        with ui.element().classes("x-btns"):
            Button(_("Add disk"), self._add, icon="plus").mark("add-disk")
            Button(_("Attach existing…"), partial(self._add, existing=True), icon="disk").mark("attach-disk")

    def refresh(self, model: Model) -> None:
        plan = model.plan
        now = [(disk.position, disk.existing is not None) for disk in plan.disks] if plan is not None else []
        shape = [now, [draft.existing for draft in self.drafts(model)], plan.source.uuid if plan else ""]
        self.draw(model, shape, _("No disk."), partial(self._row, model))

    def _add(self, *, existing: bool = False) -> None:
        home, usable = self.form.pool.home, self.form.usable
        usual = suggested_sr(home) if usable is None else usable_sr(home, usable, 10 << 30)
        fresh = DiskDraft(size=size(10 << 30), sr=usual.uuid if usual is not None else "")
        self.add(DiskDraft(existing=True) if existing else fresh)

    def _row(self, model: Model, at: int, draft: DiskDraft) -> None:
        home, place, put = model.pool.home, f"disks.{at}", partial(self.put, at)
        with ui.element().classes("x-fold-row x-disk-row"):
            if draft.existing:
                self.choice(f"{place}.vdi", spare_disks(home), draft.vdi, partial(put, "vdi"), label=_("Disk"))
            else:
                plan = model.plan
                named = plan.disks[at].called(plan.names[0], at + 1) if plan is not None and at < len(plan.disks) else ""
                self.text(f"{place}.name", _("Name"), partial(put, "name"), value=draft.name, placeholder=named, hint=_from(model, at))
                self.text(f"{place}.size", _("Size"), partial(put, "size"), value=draft.size)
                self.choice(f"{place}.sr", srs(home, self.form.usable), draft.sr, partial(put, "sr"), label=_("SR"))
            if draft.position is None:
                self.remover(at, _("Remove disk"))


def begins_with(source: DraftSource) -> list[DiskDraft] | None:
    """What a draft has of another source: an existing disk is attached, nothing else made."""
    return [DiskDraft(existing=True)] if source is DraftSource.DISK else None


def _draft_of(disk: Disk) -> DiskDraft:
    position = disk.position if disk.original is not None else None
    return DiskDraft(position=position, name=disk.name, size=size(disk.size) if disk.size else "", sr=disk.sr.uuid if disk.sr else "")


def _from(model: Model, at: int) -> str:
    plan = model.plan
    original = plan.disks[at].original if plan is not None and at < len(plan.disks) else None
    return _("From the template: at least {size}").format(size=size(original.virtual_size)) if original is not None else ""


def srs(home: Home, usable: Usable | None = None) -> dict[str, str]:
    """{uuid: `nfs-vault · 166 GiB free`}"""
    return {sr.uuid: _with_room(sr, label) for sr, label in disk_srs(home) if usable is None or usable(sr)}


def _with_room(sr: SR, label: str) -> str:
    free = free_space(sr)
    return label if free is None else f"{isolated(label)} · " + _("{free} free").format(free=size(free))


def spare_disks(home: Home) -> dict[str, str]:
    """Disks that no VM has, by name."""
    holders = [sr for sr, _label in disk_srs(home)]
    found = [vdi for sr in holders for vdi in sr.all_of(VDI, sr.VDIs) if vdi.managed and not (vdi.is_a_snapshot or vdi.missing)]
    spare = by_name(vdi for vdi in found if not any(is_used(home, vbd) for vbd in vdi.all_of(VBD, vdi.VBDs)))
    return {vdi.uuid: f"{isolated(name_of(vdi))} · {size(vdi.virtual_size)}" for vdi in spare[:500]}


def is_used(home: Home, vbd: VBD) -> bool:
    vm = home.one(VM, vbd.VM)
    return vm is not None and (is_guest(vm) or vm.is_a_template)
