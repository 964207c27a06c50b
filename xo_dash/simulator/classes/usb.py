"""USB devices: what is in a host's sockets, and which VM has it. Each device is a group of its own."""

from __future__ import annotations

from collections.abc import Iterator

from .. import machine
from ..call import Call
from ..database import Record
from ..errors import XapiError
from ..pool import Pool
from ..registry import allowed, message
from . import device_end, durations, subject
from .vbd_rules import BLOCKING
from .vm_states import spoken

MOST = 6  # of one VM


@message("PUSB.scan")
def scan(call: Call, host: str) -> str:
    """Nobody has come by and put anything in or out."""
    machine.need(call.pool, host)
    return ""


@message("PUSB.set_passthrough_enabled")
def set_passthrough(call: Call, pusb: str, value: bool) -> str:
    """A disk on USB belongs to its SR, or to a VM as a device."""
    db = call.db
    machine.need(call.pool, db.get(pusb, "host"))
    if value:
        for vdi in disks_of(call.pool, db.get(pusb, "path")):
            if db.get(vdi, "VBDs"):
                raise XapiError("PUSB_VDI_CONFLICT", pusb, vdi)
            db.destroy(vdi)
    else:
        vusbs = list(db.get(db.get(pusb, "USB_group"), "VUSBs"))
        for vusb in vusbs:
            if db.get(vusb, "currently_attached"):
                raise XapiError("USB_ALREADY_ATTACHED", pusb, db.get(vusb, "VM"))
        for vusb in vusbs:
            device_end.remove(call, vusb)
    db.set(pusb, passthrough_enabled=value)
    return ""


def disks_of(pool: Pool, path: str) -> list[str]:
    db = pool.db
    return [vdi for sr in db.find("SR", type="udev") for vdi in db.get(sr, "VDIs") if db.get(vdi, "sm_config").get("usb_path") == path]


@message("USB_group.create")
def create_group(call: Call, name: str = "", about: str = "", other_config: dict[str, str] | None = None) -> str:
    return call.db.create("USB_group", {"name_label": name, "name_description": about, "other_config": other_config or {}})


@message("VUSB.create")
def create(call: Call, vm: str, group: str, other_config: dict[str, str] | None = None) -> str:
    """Never plugs: the VM has the device from its next start on."""
    db = call.db
    subject.assert_licensed(call, "USB_passthrough")
    if len(db.get(vm, "VUSBs")) >= MOST:
        raise XapiError("TOO_MANY_VUSBS", MOST)
    if db.get(group, "VUSBs"):
        raise XapiError("USB_GROUP_CONFLICT", group)
    if db.get(vm, "ha_restart_priority") == "restart":
        text = f"VM {vm} ha_restart_priority has been set to 'restart', cannot create VUSB for it. "
        raise XapiError("OPERATION_NOT_ALLOWED", text)
    vusb = db.create("VUSB", {"VM": vm, "USB_group": group, "other_config": other_config or {}})
    call.pool.refresh(vusb, vm)
    return vusb


@message("VUSB.unplug")
async def unplug(call: Call, vusb: str) -> str:
    async with call.operation(vusb, "unplug"):
        await call.work(durations.seconds(call.pool, "plug"))
        call.db.set(vusb, currently_attached=False)
    return ""


@message("VUSB.destroy")
def destroy(call: Call, vusb: str) -> str:
    device_end.detached(call, "VUSB", vusb)
    device_end.remove(call, vusb)
    return ""


@allowed("VUSB")
def refusal(pool: Pool, ref: str, vusb: Record, operation: str) -> XapiError | None:
    return next(_reasons(pool, ref, vusb, operation), None)


def _reasons(pool: Pool, ref: str, vusb: Record, operation: str) -> Iterator[XapiError]:
    if current := vusb["current_operations"]:
        names, tasks = "; ".join(reversed(current.values())), "; ".join(reversed(current))
        yield XapiError("OTHER_OPERATION_IN_PROGRESS", "VUSB", ref, "{" + names + "}", "{" + tasks + "}")
    if operation == "attach":
        return
    vm = pool.db.record("VM", vusb["VM"])
    if vm["power_state"] != "Running":
        yield XapiError("VM_BAD_POWER_STATE", vusb["VM"], "running", vm["power_state"].lower())
    elif vusb["currently_attached"] and operation == "plug":
        yield XapiError("DEVICE_ALREADY_ATTACHED", ref)
    elif not vusb["currently_attached"] and operation == "unplug":
        yield XapiError("DEVICE_ALREADY_DETACHED", ref)
    for name in vm["current_operations"].values():
        if name in BLOCKING:
            yield XapiError("OPERATION_NOT_ALLOWED", f"Current operation on VM:{vusb['VM']} is {spoken(name)}")
