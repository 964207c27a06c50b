"""Hundreds of small questions to a pool, each by a name under which a real xapi's answer is recorded.

VMs are made in every state, and every operation is asked of each; then drives, NICs, values, storage, hosts and tasks. Questions of
one group stand on those before. An answer is ["ok"] or the error, with references and uuids as REF.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from typing import Any

from tests.simulator.making import GIB, NULL, RECORD
from xo_dash.simulator.errors import XapiError
from xo_dash.simulator.pool import Pool

REF = re.compile(r"OpaqueRef:[0-9A-Za-z-]+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
IN_OWN_WORDS = ("HOST_NOT_ENOUGH_FREE_MEMORY", "INTERNAL_ERROR")  # amounts of a machine, texts of a language
HALF, ONE, TWO, HUGE = GIB // 2, GIB, 2 * GIB, 1 << 42
VM = {**RECORD, "platform": {"viridian": "false"}, "xenstore_data": {}, "ha_restart_priority": "", "tags": [], "blocked_operations": {}}
Answer = list[str]


def alike(details: list[str]) -> Answer:
    """Without what differs from run to run; a list of references is one, however long it is."""
    text = [REF.sub("REF", detail) for detail in details]
    if text[0] in IN_OWN_WORDS:
        return text[:1]
    return [detail for at, detail in enumerate(text) if not (detail == "REF" and text[at - 1] == "REF")]


class Asked:
    """A client of `pool` without a network between: every call goes through all of xapi's checks."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.answers: dict[str, Answer] = {}
        self.session = pool.sessions.login(pool.master, pool.user, pool.password, "behaviour").ref
        self.host, self.sr = pool.master.ref, pool.db.get(pool.ref, "default_SR")

    async def call(self, method: str, *parameters: Any) -> Any:
        """Whole numbers are text, as XML-RPC has them."""
        given = [str(p) if isinstance(p, int) and not isinstance(p, bool) else p for p in parameters]
        return (await self.pool.dispatcher.call(self.pool, self.pool.master, method, [self.session, *given])).value

    async def outcome(self, method: str, *parameters: Any) -> Answer:
        try:
            await self.call(method, *parameters)
        except XapiError as error:
            return alike(error.details)
        return ["ok"]

    async def ask(self, name: str, method: str, *parameters: Any) -> None:
        self.answers[name] = await self.outcome(method, *parameters)

    async def begin(self) -> None:
        self.network = await self.call("network.create", {"name_label": "asked", "other_config": {}})

    async def disk(self) -> str:
        record = {"name_label": "asked", "SR": self.sr, "virtual_size": str(ONE), "type": "user", "sharable": False, "read_only": False,
                  "other_config": {}}  # fmt: skip
        return str(await self.call("VDI.create", record))

    def drive(self, vm: str, vdi: str, device: str, kind: str = "Disk", mode: str = "RW", *, empty: bool = False) -> dict[str, Any]:
        return {"VM": vm, "VDI": vdi, "userdevice": device, "bootable": device == "0", "mode": mode, "type": kind, "empty": empty,
                "unpluggable": True, "other_config": {}, "qos_algorithm_type": "", "qos_algorithm_params": {}}  # fmt: skip

    def nic(self, vm: str, device: str = "0", mac: str = "") -> dict[str, Any]:
        return {"device": device, "network": self.network, "VM": vm, "MAC": mac, "MTU": "1500", "other_config": {},
                "qos_algorithm_type": "", "qos_algorithm_params": {}}  # fmt: skip

    # VMs in each state

    async def halted(self) -> str:
        record = {name: str(value) if isinstance(value, int) and not isinstance(value, bool) else value for name, value in VM.items()}
        vm = str(await self.call("VM.create", {**record, "name_label": "asked"}))
        await self.call("VBD.create", self.drive(vm, await self.disk(), "0"))
        await self.call("VBD.create", self.drive(vm, NULL, "3", "CD", "RO", empty=True))
        await self.call("VIF.create", self.nic(vm))
        return vm

    async def running(self) -> str:
        vm = await self.halted()
        await self.call("VM.start_on", vm, self.host, False, False)
        return vm

    async def paused(self) -> str:
        vm = await self.running()
        await self.call("VM.pause", vm)
        return vm

    async def suspended(self) -> str:
        vm = await self.running()
        await self.call("VM.suspend", vm)
        return vm

    async def template(self) -> str:
        vm = await self.halted()
        await self.call("VM.set_is_a_template", vm, True)
        return vm

    async def snapshot(self) -> str:
        return str(await self.call("VM.snapshot", await self.halted(), "shot", []))

    async def blocked(self) -> str:
        vm = await self.halted()
        for operation, reason in (("start", "not today"), ("destroy", "keep me")):
            await self.call("VM.add_to_blocked_operations", vm, operation, reason)
        return vm

    def states(self) -> dict[str, Callable[[], Coroutine[Any, Any, str]]]:
        made = (self.halted, self.running, self.paused, self.suspended, self.template, self.snapshot, self.blocked)
        return {make.__name__: make for make in made}


def operations(host: str) -> dict[str, tuple[Any, ...]]:
    """{method of a VM: arguments after the VM}"""
    return {
        "VM.start": (False, False), "VM.start_on": (host, False, False), "VM.clean_shutdown": (), "VM.hard_shutdown": (), "VM.shutdown": (),
        "VM.clean_reboot": (), "VM.hard_reboot": (), "VM.pause": (), "VM.unpause": (), "VM.suspend": (), "VM.resume": (False, False),
        "VM.resume_on": (host, False, False), "VM.snapshot": ("s", []), "VM.checkpoint": ("c",), "VM.revert": (), "VM.clone": ("k",),
        "VM.provision": (), "VM.destroy": (), "VM.set_is_a_template": (True,), "VM.set_memory_limits": (HALF, ONE, ONE, ONE),
        "VM.set_memory_dynamic_range": (ONE, ONE), "VM.set_memory_static_max": (TWO,), "VM.set_VCPUs_max": (4,),
        "VM.set_VCPUs_at_startup": (1,), "VM.set_VCPUs_number_live": (1,), "VM.pool_migrate": (host, {}), "VM.set_name_label": ("x",),
        "VM.add_tags": ("t",), "VM.set_HVM_boot_params": ({"order": "c"},), "VM.set_platform": ({"cores-per-socket": "2"},),
        "VM.power_state_reset": (), "VM.assert_operation_valid": ("start",), "VM.send_sysrq": ("h",), "VM.set_order": (1,),
        "VM.set_start_delay": (5,), "VM.set_ha_restart_priority": ("restart",), "VM.set_affinity": (host,), "VM.get_possible_hosts": (),
        "VM.assert_can_boot_here": (host,), "VM.update_allowed_operations": (), "VM.create_template": ("t",),
    }  # fmt: skip


async def of_vms(asked: Asked) -> None:
    for state, make in asked.states().items():
        allowed = await asked.call("VM.get_allowed_operations", await make())
        asked.answers[f"{state}: allowed_operations"] = sorted(allowed)
        for method, arguments in operations(asked.host).items():
            vm = await make()
            await asked.ask(f"{state}: {method}", method, vm, *arguments)
            asked.answers[f"{state}: {method} -> then"] = [await state_of(asked, vm)]


async def state_of(asked: Asked, vm: str) -> str:
    try:
        template = await asked.call("VM.get_is_a_template", vm)
        return await asked.call("VM.get_power_state", vm) + (" template" if template else "")
    except XapiError as error:
        return error.code


async def of_devices(asked: Asked) -> None:
    for state in ("halted", "running", "suspended"):
        vm = await asked.states()[state]()
        drives = {await asked.call("VBD.get_type", vbd): vbd for vbd in await asked.call("VM.get_VBDs", vm)}
        disk, cd, (vif,) = drives["Disk"], drives["CD"], await asked.call("VM.get_VIFs", vm)
        iso, second, attached = await asked.disk(), await asked.disk(), await asked.call("VBD.get_VDI", disk)
        questions: list[tuple[Any, ...]] = [("plug the attached disk", "VBD.plug", disk), ("eject an empty drive", "VBD.eject", cd)]
        if state != "running":
            questions += [
                ("insert", "VBD.insert", cd, iso),
                ("insert into a full drive", "VBD.insert", cd, iso),
                ("eject", "VBD.eject", cd),
            ]
        questions += [
            ("insert into a disk", "VBD.insert", disk, iso), ("eject a disk", "VBD.eject", disk), ("plug CD", "VBD.plug", cd),
            ("unplug CD", "VBD.unplug", cd), ("set_mode RO", "VBD.set_mode", disk, "RO"), ("unplug VIF", "VIF.unplug", vif),
            ("plug VIF", "VIF.plug", vif), ("resize its disk", "VDI.resize", attached, TWO), ("destroy its disk", "VDI.destroy", attached),
            ("destroy VIF", "VIF.destroy", vif),
            ("VBD.create userdevice taken", "VBD.create", asked.drive(vm, second, "0")),
            ("VBD.create autodetect", "VBD.create", asked.drive(vm, second, "autodetect")),
            ("VBD.create CD read-write", "VBD.create", asked.drive(vm, second, "5", "CD")),
            ("VIF.create device taken", "VIF.create", asked.nic(vm)), ("VIF.create device 1", "VIF.create", asked.nic(vm, "1")),
            ("VIF.create bad MAC", "VIF.create", asked.nic(vm, "2", "zz")),
            ("VIF.create device text", "VIF.create", asked.nic(vm, "eth0")), ("destroy the disk's VBD", "VBD.destroy", disk),
        ]  # fmt: skip
        for name, method, *parameters in questions:
            await asked.ask(f"{state}: {name}", method, *parameters)


async def of_values(asked: Asked) -> None:
    vm = await asked.halted()
    for name, method, *parameters in (
        ("VCPUs_at_startup over max", "VM.set_VCPUs_at_startup", 9), ("no VCPUs", "VM.set_VCPUs_max", 0),
        ("empty name", "VM.set_name_label", ""),
        ("negative order", "VM.set_order", -1), ("unknown restart priority", "VM.set_ha_restart_priority", "sometimes"),
        ("actions_after_crash", "VM.set_actions_after_crash", "preserve"), ("unknown enum value", "VM.set_actions_after_crash", "explode"),
        ("cores that do not divide", "VM.set_platform", {"cores-per-socket": "3"}), ("remove an absent tag", "VM.remove_tags", "none"),
        ("remove an absent key", "VM.remove_from_other_config", "none"), ("unknown operation", "VM.assert_operation_valid", "dance"),
        ("more memory than any host", "VM.set_memory_limits", HALF, HUGE, HUGE, HUGE),
        ("start_on with it", "VM.start_on", asked.host, False, False),
        ("assert_can_boot_here with it", "VM.assert_can_boot_here", asked.host),
    ):  # fmt: skip
        await asked.ask(f"values: {name}", method, vm, *parameters)


async def of_storage(asked: Asked) -> None:
    free, live, sr = await asked.disk(), await asked.running(), asked.sr
    drives = [await asked.call("VBD.get_record", vbd) for vbd in await asked.call("VM.get_VBDs", live)]
    used = next(drive["VDI"] for drive in drives if drive["type"] == "Disk")
    for name, method, *parameters in (
        ("snapshot a free disk", "VDI.snapshot", free, {}), ("clone a free disk", "VDI.clone", free, {}),
        ("destroy a free disk", "VDI.destroy", free),
        ("snapshot an attached disk", "VDI.snapshot", used, {}), ("destroy an attached disk", "VDI.destroy", used),
        ("forget an attached disk", "VDI.forget", used), ("scan", "SR.scan", sr), ("destroy an SR with PBDs", "SR.destroy", sr),
        ("forget an SR with PBDs", "SR.forget", sr), ("create without size", "VDI.create", {"SR": sr}),
        ("probe an unknown type", "SR.probe", asked.host, {}, "nosuch", {}),
        ("create an unknown type", "SR.create", asked.host, {}, 0, "n", "", "nosuch", "user", False, {}),
    ):  # fmt: skip
        await asked.ask(f"storage: {name}", method, *parameters)


async def of_the_pool(asked: Asked) -> None:
    host, network = asked.host, asked.network
    await asked.ask("pool: reboot while enabled", "host.reboot", host)
    await asked.ask("pool: disable", "host.disable", host)
    await asked.ask("pool: start_on a disabled host", "VM.start_on", await asked.halted(), host, False, False)
    for name, method, *parameters in (
        ("enable", "host.enable", host), ("new master is the master", "pool.designate_new_master", host),
        ("disable HA that is off", "pool.disable_ha"),
        ("missing plugin", "host.call_plugin", host, "nosuch", "f", {}),
        ("message about nothing", "message.create", "N", 3, "VM", "nope", "b"),
        ("message of an unknown class", "message.create", "N", 3, "Horse", "nope", "b"),
        ("bond of nothing", "Bond.create", network, [], "", "balance-slb", {}),
        ("VLAN of an unknown device", "pool.create_VLAN", "eth99", network, 5),
        ("destroy a network in use", "network.destroy", network),
        ("appliance", "VM_appliance.create", {"name_label": "app", "name_description": ""}),
        ("secret", "secret.create", {"value": "x", "other_config": {}}),
    ):  # fmt: skip
        await asked.ask(f"pool: {name}", method, *parameters)


async def of_tasks(asked: Asked) -> None:
    task = await asked.call("task.create", "asked", "")
    for name, method, *parameters in (("progress", "task.set_progress", 0.5), ("cancel", "task.cancel"),
    ("status", "task.set_status", "success"),
                                      ("destroy", "task.destroy"), ("destroy again", "task.destroy")):  # fmt: skip
        await asked.ask(f"task: {name}", method, task, *parameters)


async def all_answers(pool: Pool) -> dict[str, Answer]:
    """{name of the question: what `pool` answers}; time stands still for nobody (`clock.instant`)."""
    pool.clock.instant = True
    asked = Asked(pool)
    await asked.begin()
    for group in (of_vms, of_devices, of_values, of_storage, of_the_pool, of_tasks):
        await group(asked)
    return asked.answers
