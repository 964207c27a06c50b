"""What updates want restarted, as bands on the pages of a host, a pool and a VM, each with the command that does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

from nicegui import ui

from components.actions import run_command, whoever
from components.live import follow_facts, fresh_slot
from components.ui import Button, Notice, Tone
from data.guidance import REBOOT_HOST, RESTART_DEVICE_MODEL, RESTART_TOOLSTACK, RESTART_VM, Guidance, Urgency, WaitingVMs
from data.types import XapiObject
from data.views.host import HostView
from data.views.pool import PoolView
from data.views.vm import VMView
from xo_dash.context import Context
from xo_dash.control.access import may
from xo_dash.control.actions import action
from xo_dash.i18n import N_, _, ngettext, number

HOST_COMMANDS: Final[Mapping[str, str]] = {REBOOT_HOST: "host.reboot", RESTART_TOOLSTACK: "host.restart_agent"}
VM_COMMANDS: Final[Mapping[str, str]] = {RESTART_VM: "vm.clean_reboot", RESTART_DEVICE_MODEL: "vm.restart_device_models"}
LIVE_PATCH_FAILED: Final = N_("Reboot it: a live patch failed.")
DEMANDED: Final[Mapping[str, str]] = {
    REBOOT_HOST: N_("Reboot it to finish installing updates."),
    "reboot_host_on_livepatch_failure": LIVE_PATCH_FAILED,
    "reboot_host_on_kernel_livepatch_failure": LIVE_PATCH_FAILED,
    "reboot_host_on_xen_livepatch_failure": LIVE_PATCH_FAILED,
    RESTART_TOOLSTACK: N_("Restart its toolstack to finish installing updates."),
    RESTART_DEVICE_MODEL: N_("Restart some of its VMs to finish installing updates."),
    RESTART_VM: N_("Restart some of its VMs to finish installing updates."),
}  # fmt: skip
ADVISED: Final[Mapping[str, str]] = {
    REBOOT_HOST: N_("A reboot is recommended to finish installing updates."),
    RESTART_TOOLSTACK: N_("A restart of its toolstack is recommended to finish installing updates."),
}  # fmt: skip


def guidance_bands(context: Context, host: HostView) -> None:
    """Call it again when they differ."""
    for one in host.guidance:
        with Notice(guidance_text(one), _tone(one.urgency)).mark(f"guidance-{one.what}"):
            if (command := HOST_COMMANDS.get(one.what)) is not None:
                _button(context, command, [host.row])


def guidance_text(one: Guidance) -> str:
    """What a host needs, as a sentence."""
    texts = DEMANDED if one.urgency is Urgency.MANDATORY else {**DEMANDED, **ADVISED}
    return _(texts[one.what]) if one.what in texts else _("Pending: {what}.").format(what=one.what.replace("_", " "))


def waiting_bands(context: Context, view: HostView | PoolView | VMView) -> None:
    """There while VMs that run wait for a restart; of a VM, while it does."""
    box = ui.element().classes("contents")
    say: Callable[[WaitingVMs], str] = _of_one if isinstance(view, VMView) else _of_many

    def refresh() -> None:
        with fresh_slot(box):
            for one in view.waiting_vms:
                rows = [vm for ref in one.vms if (vm := view.row.home.one(VMView.kind, ref)) is not None]
                with Notice(say(one), _tone(one.urgency)).mark(f"waiting-{one.what}"):
                    _button(context, VM_COMMANDS[one.what], rows)

    follow_facts(view, ("waiting_vms",), refresh)


def _button(context: Context, command: str, rows: Sequence[XapiObject]) -> None:
    row = action(command)
    if any(may(whoever(), row, one) for one in rows):
        Button(_(row.title), partial(run_command, context, row, rows), icon=row.icon).mark(f"do-{command}")


def _tone(urgency: Urgency) -> Tone:
    return Tone.WARNING if urgency is Urgency.MANDATORY else Tone.INFORMATION


def _of_one(one: WaitingVMs) -> str:
    if one.what == RESTART_VM:
        return _("Restart it to finish installing updates of its host.")
    return _("Restart its device model, or the VM, to finish installing updates of its host.")


def _of_many(one: WaitingVMs) -> str:
    count = len(one.vms)
    if one.what == RESTART_VM:
        text = ngettext("{n} running VM has to be restarted to finish installing updates.",
                        "{n} running VMs have to be restarted to finish installing updates.", count)  # fmt: skip
    else:
        text = ngettext("The device model of {n} running VM has to be restarted to finish installing updates.",
                        "The device models of {n} running VMs have to be restarted to finish installing updates.", count)  # fmt: skip
    return text.format(n=number(count))
