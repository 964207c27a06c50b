"""CPU and memory; firmware."""

from __future__ import annotations

from collections.abc import Callable

from nicegui import ui

from components.new_vm.model import Model
from components.new_vm.section import Section
from components.ui import choice
from xo_dash.control.vm.cpu_limits import not_recommended
from xo_dash.control.vm.creation.blueprint import Blueprint, MemoryBlueprint
from xo_dash.control.vm.creation.request import FIRMWARE
from xo_dash.i18n import _, ngettext, number, size


class HardwareSection(Section):
    title = staticmethod(lambda: _("CPU and memory"))
    fields = ("memory", "memory_min", "memory_max", "vcpus", "cores_per_socket")

    def summary(self, model: Model) -> str:
        plan = model.plan
        if plan is None:
            return ""
        memory = plan.memory
        fixed = _("{size} fixed").format(size=size(memory.dynamic_max))
        dynamic = _("{least} to {most}").format(least=size(memory.dynamic_min), most=size(memory.dynamic_max))
        told = [cpus(plan), fixed if memory.is_fixed else dynamic]
        if memory.static_max > memory.dynamic_max:
            told.append(_("limit {size}").format(size=size(memory.static_max)))
        return " · ".join(told)

    def changed(self) -> bool:
        draft = self.form.draft
        return any(value is not None for value in (draft.memory, draft.memory_min, draft.memory_max, draft.vcpus, draft.cores_per_socket))

    def fill(self) -> None:
        draft = self.form.draft
        with ui.element().classes("x-fold-fields"):
            self.text("vcpus", _("vCPUs"), lambda text: setattr(draft, "vcpus", text or None), lambda m: draft.vcpus or _plan(m, "vcpus"))
            self.text(
                "cores_per_socket", _("Cores per socket"), lambda text: setattr(draft, "cores_per_socket", text or None),
                lambda m: draft.cores_per_socket or _plan(m, "cores_per_socket"), placeholder=_("same as the template"),
            )  # fmt: skip
        self._recommended = ui.label().classes("x-dim x-small").mark("recommended")
        with ui.element().classes("x-fold-fields"):
            self._amount("memory", _("Memory"), lambda memory: memory.dynamic_max)
            self._amount("memory_min", _("Minimum memory"), lambda memory: memory.dynamic_min, _("The pool may reduce its memory to this"))
            hint = _("Memory can be raised up to this without a restart")
            self._amount("memory_max", _("Limit while running"), lambda memory: memory.static_max, hint)

    def refresh(self, model: Model) -> None:
        plan = model.plan
        reason = not_recommended(plan.vcpus, plan.source) if plan is not None else None
        self._recommended.text = str(reason or "")
        self._recommended.set_visibility(reason is not None)

    def _amount(self, name: str, label: str, planned: Callable[[MemoryBlueprint], int], hint: str = "") -> None:
        """A field of the draft; `planned`: bytes that follow from the rest."""
        draft = self.form.draft

        def shown(model: Model) -> str:
            typed: str | None = getattr(draft, name)
            return typed if typed is not None else size(planned(model.plan.memory)) if model.plan else ""

        self.text(name, label, lambda text: setattr(draft, name, text or None), shown, hint=hint)


class FirmwareSection(Section):
    title = staticmethod(lambda: _("Firmware"))
    fields = ("firmware", "secure_boot", "vtpm", "network_boot")

    def summary(self, model: Model) -> str:
        plan = model.plan
        if plan is None:
            return ""
        if not plan.firmware:
            return _("none (paravirtual)")
        if plan.firmware != "uefi":
            return _(FIRMWARE[plan.firmware])
        secure = _("secure boot on") if plan.secure_boot else _("secure boot off")
        return " · ".join((_(FIRMWARE["uefi"]), secure, _("vTPM") if plan.vtpm else _("no vTPM")))

    def changed(self) -> bool:
        draft = self.form.draft
        return draft.firmware is not None or draft.secure_boot is not None or draft.vtpm

    def fill(self) -> None:
        draft = self.form.draft

        def put(event: object) -> None:
            if not self.form.is_filling:
                draft.firmware = str(self._firmware.value)
                if draft.firmware != "uefi":
                    draft.secure_boot, draft.vtpm = None, False
                self.form.changed()

        with ui.element().classes("x-fold-fields"):
            self._firmware = choice({key: _(words) for key, words in FIRMWARE.items()}, None, label=_("Firmware"), on_change=put)
            self._boxes["firmware"] = self._firmware
        with ui.element().classes("x-fold-checks") as self._uefi:
            self._secure = self.switch(_("Secure Boot"), False, lambda on: setattr(draft, "secure_boot", on))
            self._vtpm = self.switch(_("vTPM"), draft.vtpm, lambda on: setattr(draft, "vtpm", on))

    def refresh(self, model: Model) -> None:
        plan = model.plan
        if plan is None:
            return
        with self.form.filling():
            self._firmware.value = plan.firmware or None
            self._secure.value = plan.secure_boot
            self._vtpm.value = self.form.draft.vtpm
        self._firmware.set_enabled(bool(plan.firmware))
        self._uefi.set_visibility(plan.firmware == "uefi")


def cpus(plan: Blueprint) -> str:
    """`2 vCPUs, 1 socket`"""
    told = ngettext("{n} vCPU", "{n} vCPUs", plan.vcpus).format(n=number(plan.vcpus))
    if not plan.cores_per_socket:
        return told
    sockets = max(1, plan.vcpus // plan.cores_per_socket)
    return f"{told}, " + ngettext("{n} socket", "{n} sockets", sockets).format(n=number(sockets))


def _plan(model: Model, name: str) -> str:
    value = getattr(model.plan, name, 0)
    return str(value) if value else ""
