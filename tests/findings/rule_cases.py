"""A small pool that is as it should be, and for every rule what has to be done to it, with what is said then."""

from __future__ import annotations

import time
from collections.abc import Callable

from data.changes import Subject
from data.failover import Fates, failover_steps
from data.findings.finding import Finding
from data.findings.rules import RULES
from data.growth import Sample
from data.history import Clock, History, Load
from data.level import Level
from data.objects import (
    PBD,
    PIF,
    SR,
    VBD,
    VDI,
    VIF,
    VM,
    Bond,
    Certificate,
    Host,
    HostMetrics,
    Message,
    Network,
    PIFMetrics,
    Pool,
    PowerState,
    VMGuestMetrics,
)
from data.server import ServerState
from data.turns import finished
from data.types import GIB, Ref, XapiDate
from tests.control.fake_pool import FakePool

NOW = time.time()
DAY = 86400.0
RULE = {rule.key: rule for rule in RULES}
NOTE, WARNING, CRITICAL = Level.INFORMATION, Level.WARNING, Level.CRITICAL


def moment(seconds: float) -> XapiDate:
    return XapiDate(time.strftime("%Y%m%dT%H:%M:%SZ", time.gmtime(seconds)))


class House(FakePool):
    """Two hosts, an SR and a network that both reach, and a VM."""

    def __init__(self) -> None:
        super().__init__("lab")
        self.network = Network(name_label="lan")
        self.sr = SR(name_label="vault", type="nfs", shared=True, physical_size=1000 * GIB, physical_utilisation=400 * GIB)
        self.put(self.network)
        self.put(self.sr)
        self.one, self.two = self.host("xcp-1"), self.host("xcp-2")
        self.pool = Pool(name_label="lab", master=self.one.ref, default_SR=self.sr.ref)
        self.put(self.pool)
        self.web = self.guest("web-1")

    def host(self, name: str) -> Host:
        host = Host(name_label=name, enabled=True, software_version={"product_version": "8.3.0"})
        host.metrics = self.put(HostMetrics(live=True, memory_total=64 * GIB))
        host.control_domain = self.put(VM(is_control_domain=True, power_state=PowerState.RUNNING))
        self.put(host)
        host.certificates = [self.put(Certificate(host=host.ref, not_after=moment(NOW + 900 * DAY)))]
        self.attach(host, self.sr)
        port = PIF(network=self.network.ref, host=host.ref, currently_attached=True, metrics=self.put(PIFMetrics(carrier=True)))
        self.network.PIFs.append(self.put(port))
        host.PIFs.append(port.ref)
        return host

    def attach(self, host: Host, sr: SR, **fields: object) -> PBD:
        path = PBD(**{"host": host.ref, "SR": sr.ref, "currently_attached": True} | fields)  # type: ignore[arg-type]
        sr.PBDs.append(self.put(path))
        host.PBDs.append(path.ref)
        return path

    def guest(self, name: str, **fields: object) -> VM:
        tools = self.put(VMGuestMetrics(live=True, PV_drivers_detected=True, PV_drivers_version={"major": "8", "minor": "3"}))
        known = {"power_state": PowerState.RUNNING, "guest_metrics": tools, "resident_on": self.one.ref, "memory_dynamic_max": 4 * GIB}
        vm = self.vm(name, **known | fields)  # type: ignore[arg-type]
        self.one.resident_VMs.append(vm.ref)
        self.drive(vm, self.disk(self.sr))
        vif = VIF(VM=vm.ref, network=self.network.ref, MAC=f"56:00:00:00:00:{len(self.home.all(VIF)):02x}")
        vm.VIFs.append(self.put(vif))
        self.network.VIFs.append(vif.ref)
        return vm

    def disk(self, sr: SR, **fields: object) -> VDI:
        disk = VDI(**{"SR": sr.ref, "virtual_size": 40 * GIB, "physical_utilisation": 20 * GIB} | fields)  # type: ignore[arg-type]
        sr.VDIs.append(self.put(disk))
        return disk

    def drive(self, vm: VM, disk: VDI, **fields: object) -> VBD:
        drive = VBD(**{"VM": vm.ref, "VDI": disk.ref} | fields)  # type: ignore[arg-type]
        vm.VBDs.append(self.put(drive))
        disk.VBDs.append(drive.ref)
        return drive

    def local(self, **fields: object) -> SR:
        sr = SR(**{"name_label": "local", "type": "ext", "physical_size": 100 * GIB} | fields)  # type: ignore[arg-type]
        self.put(sr)
        self.attach(self.one, sr)
        return sr

    def measure(self, row: VM | Host, **values: float) -> None:
        self.home.history.loads[row.uuid] = Load(**values)

    # what is found

    def look(self, now: float = NOW) -> list[Finding]:
        """All that is told in the end: everything is looked at again until the longest hold is over."""
        for host in self.home.all(Host).values():
            self.home.part(Fates)[host.ref] = finished(failover_steps((host,))).fate
        for moment in (now - 2 * DAY, now - 2 * DAY + 7200, now):
            subjects: list[Subject] = [self.server]
            subjects += [row for kind in self.mirror.findings.kinds for row in self.home.all(kind).values()]
            for subject in subjects:
                self.mirror.findings.look(subject, moment)
        return self.mirror.findings.all(now)


def lost_host(h: House) -> None:
    h.change(h.home.all(HostMetrics)[h.two.metrics], live=False)


def ha(h: House, **fields: object) -> None:
    h.change(h.pool, ha_enabled=True, **fields)


def _twins(h: House) -> None:
    first, second = h.web, h.guest("web-2")
    for vm in (first, second):
        h.change(h.home.all(VIF)[vm.VIFs[0]], MAC="56:0E:2A:00:00:01")


def _certificate(days: float) -> Callable[[House], None]:
    return lambda h: h.change(h.home.all(Certificate)[h.two.certificates[0]], not_after=moment(NOW + days * DAY))


def _full(share: float) -> Callable[[House], None]:
    return lambda h: h.change(h.sr, physical_utilisation=int(share * 1000) * GIB)


def _filling(days: float) -> Callable[[House], None]:
    def fill(h: House) -> None:
        rate = 600 * GIB / (days * DAY)  # bytes a second that fill the rest in so many days
        for hour in range(-60, 1):
            h.home.part(History).grow(h.sr.uuid, Sample(NOW + hour * 3600, 400 * GIB + hour * 3600 * rate))

    return fill


def chain_of(length: int) -> Callable[[House], None]:
    def build(h: House) -> None:
        below = ""
        for node in range(length):
            last = node == length - 1
            disk = h.disk(h.sr, managed=last, sm_config={"vhd-parent": below} if below else {})
            if last:
                h.drive(h.web, disk)
            elif node:
                h.disk(h.sr, managed=False, sm_config={"vhd-parent": below})  # a second above, so that there is nothing to merge
            below = disk.uuid

    return build


def _mpath(value: str) -> Callable[[House], None]:
    return lambda h: h.change(h.home.all(PBD)[h.sr.PBDs[1]], other_config={"mpath-3600": value})


def _carrier(h: House, *, management: bool = False, host: Host | None = None) -> None:
    port = h.home.all(PIF)[(host or h.two).PIFs[0]]
    h.change(port, management=management)
    h.change(h.home.all(PIFMetrics)[port.metrics], carrier=False)


def _clocks(h: House, *, doubt: float = 0.5, **ahead: float) -> None:
    """`one` and `two` are hosts; seconds."""
    h.home.part(History).clocks.update({getattr(h, name).uuid: Clock(seconds, doubt) for name, seconds in ahead.items()})


def _spare(h: House) -> None:
    """xapi plugs every NIC that there is when it starts."""
    network = Network(name_label="Pool-wide network associated with eth1")
    h.put(network)
    port = PIF(network=network.ref, host=h.two.ref, physical=True, currently_attached=True, metrics=h.put(PIFMetrics(carrier=False)))
    network.PIFs.append(h.put(port))


def _bond(h: House) -> None:
    port = h.home.all(PIF)[h.two.PIFs[0]]
    slaves = [h.put(PIF(host=h.two.ref, metrics=h.put(PIFMetrics(carrier=up)))) for up in (True, False)]
    h.change(port, bond_master_of=[h.put(Bond(master=port.ref, slaves=slaves))])


def _coalesce(h: House) -> None:
    below = h.disk(h.sr, managed=False)
    h.drive(h.web, h.disk(h.sr, sm_config={"vhd-parent": below.uuid}))


def _stop(h: House, **fields: object) -> None:
    h.change(h.web, power_state=PowerState.HALTED, **fields)


def _auto(h: House, pool: str = "true") -> None:
    h.change(h.pool, other_config={"auto_poweron": pool})
    _stop(h, other_config={"auto_poweron": "true"})


def _snapshot(days: float, used: int, **notes: str) -> Callable[[House], None]:
    def take(h: House) -> None:
        taken = moment(NOW - days * DAY)
        snapshot = VM(is_a_snapshot=True, is_a_template=True, snapshot_of=h.web.ref, snapshot_time=taken, other_config=notes)
        h.put(snapshot)
        h.drive(snapshot, h.disk(h.sr, is_a_snapshot=True, physical_utilisation=used * GIB))
        h.change(h.web, snapshots=[snapshot.ref])

    return take


def _guided(name: str, field: str, what: str) -> Callable[[House], None]:
    return lambda h: h.change(getattr(h, name), **{field: [what]})


def _image(h: House, sr: SR) -> None:
    h.drive(h.web, h.disk(sr, name_label="debian.iso"), type="CD")


def told_of(name: str, priority: int, age: float = 60, body: str = "", about: str = "") -> Callable[[House], None]:
    def raise_it(h: House) -> None:
        uuid = about or h.web.uuid
        h.put(Message(name=name, priority=priority, cls="VM", obj_uuid=uuid, timestamp=moment(NOW - age), body=body))

    return raise_it


ALARM = 'value: 0.97\nconfig:\n<variable>\n<name value="cpu_usage"/>\n<alarm_trigger_level value="0.9"/>\n<alarm_trigger_period value="60"/>\n</variable>'  # noqa: E501

Case = tuple[str, Callable[[House], object], Level, str]
CASES: list[Case] = [
    ("pool.gone", lambda h: h.mirror.set_server(h.server, state=ServerState.UNREACHABLE), CRITICAL, "lab is not responding"),
    ("pool.gone", lambda h: h.mirror.set_server(h.server, state=ServerState.DISABLED), Level.NONE, ""),
    ("pool.ha_overcommitted", lambda h: ha(h, ha_overcommitted=True), CRITICAL, "lab: HA is overcommitted"),
    ("pool.ha_overcommitted", lambda h: h.change(h.pool, ha_overcommitted=True), Level.NONE, ""),
    ("pool.ha_plan", lambda h: ha(h, ha_host_failures_to_tolerate=1), WARNING, "lab: HA tolerates 0 host failures, fewer than configured"),
    ("pool.ha_plan", lambda h: ha(h, ha_host_failures_to_tolerate=1, ha_plan_exists_for=1), Level.NONE, ""),
    (
        "pool.versions",
        lambda h: h.change(h.two, software_version={"product_version": "8.2.1"}),
        WARNING,
        "xcp-2: version differs from the pool master's 8.3.0",
    ),
    ("pool.duplicate_mac", _twins, NOTE, "VMs share the MAC address 56:0e:2a:00:00:01"),
    ("pool.no_default_sr", lambda h: h.change(h.pool, default_SR=Ref("OpaqueRef:gone")), NOTE, "lab has no default SR"),
    ("host.lost", lost_host, CRITICAL, "xcp-2 is not responding"),
    (
        "host.dom0_memory",
        lambda h: h.measure(h.home.all(VM)[h.two.control_domain], guest_memory=0.97),
        CRITICAL,
        "xcp-2: control domain memory at 97%",
    ),
    ("host.dom0_memory", lambda h: h.measure(h.home.all(VM)[h.two.control_domain], guest_memory=0.9), Level.NONE, ""),
    ("host.cpu", lambda h: h.measure(h.two, cpu=0.93), WARNING, "xcp-2: CPU at 93%"),
    ("host.cpu", lambda h: h.measure(h.two, cpu=0.8), Level.NONE, ""),
    ("host.no_room", lambda h: h.guest("huge", memory_dynamic_max=100 * GIB), WARNING, "If xcp-1 fails, 1 VM cannot be restarted"),
    (
        "host.clock",
        lambda h: _clocks(h, one=0.0, two=30.5),
        WARNING,
        "The clock of xcp-2 is 30 s ahead of the dashboard's",
    ),
    ("host.clock", lambda h: _clocks(h, two=-120.5), WARNING, "The clock of xcp-2 is 2 min behind the dashboard's"),
    ("host.clock", lambda h: _clocks(h, two=7200.0), WARNING, "The clock of xcp-2 is 2 h ahead of the dashboard's"),
    (
        "host.clock",
        lambda h: _clocks(h, one=300.5, two=300.5),
        WARNING,
        "The dashboard's clock may be wrong: the clocks of xcp-1, xcp-2 are all 5 min ahead of it",
    ),
    ("host.clock", lambda h: _clocks(h, one=0.0, two=3.0), Level.NONE, ""),
    ("host.clock", lambda h: _clocks(h, one=0.0, two=20.0, doubt=18.0), Level.NONE, ""),  # it was a slow call
    ("host.certificate", _certificate(20.5), WARNING, "xcp-2: certificate expires in 20 days"),
    ("host.certificate", _certificate(3.5), CRITICAL, "xcp-2: certificate expires in 3 days"),
    ("host.certificate", _certificate(-1), CRITICAL, "xcp-2: certificate has expired"),
    ("host.certificate", _certificate(30), Level.NONE, ""),
    (
        "host.reboot",
        lambda h: h.change(h.two, other_config={"rpm_patch_installation_time": "2000.5", "boot_time": "1000."}),
        WARNING,
        "xcp-2: reboot required to finish an update",
    ),
    ("host.reboot", lambda h: h.change(h.two, other_config={"rpm_patch_installation_time": "500", "boot_time": "1000."}), Level.NONE, ""),
    ("host.reboot", lambda h: h.change(h.two, other_config={"rpm_patch_installation_time": "500"}), Level.NONE, ""),  # nobody knows
    ("host.reboot", lambda h: h.change(h.two, pending_guidances=["reboot_host"]), WARNING, "xcp-2: reboot required to finish an update"),
    (
        "host.toolstack",
        lambda h: h.change(h.two, pending_guidances=["restart_toolstack"]),
        NOTE,
        "xcp-2: toolstack restart required to finish an update",
    ),
    ("host.maintenance", lambda h: h.change(h.two, enabled=False), NOTE, "xcp-2 is in maintenance mode"),
    (
        "sr.unplugged",
        lambda h: h.change(h.home.all(PBD)[h.sr.PBDs[1]], currently_attached=False),
        CRITICAL,
        "vault is not attached on xcp-2",
    ),
    ("sr.full", _full(0.96), CRITICAL, "vault is 96% full"),
    ("sr.full", _full(0.88), WARNING, "vault is 88% full"),
    ("sr.full", _full(0.84), Level.NONE, ""),
    ("sr.full", lambda h: h.local(content_type="iso", physical_utilisation=100 * GIB), Level.NONE, ""),
    ("sr.filling", _filling(6), WARNING, "vault will be full in about 6 days"),
    ("sr.filling", _filling(0.5), CRITICAL, "vault will be full in about 12 h"),
    ("sr.filling", _filling(40), Level.NONE, ""),
    ("sr.paths", _mpath("[1, 4]"), WARNING, "vault: lost paths on xcp-2"),
    ("sr.paths", _mpath("[4, 4]"), Level.NONE, ""),
    ("disk.chain", chain_of(21), WARNING, "vault: chain of 21 disks; at 30, snapshots are no longer possible"),
    ("disk.chain", chain_of(28), CRITICAL, "vault: chain of 28 disks; at 30, snapshots are no longer possible"),
    ("disk.chain", chain_of(10), Level.NONE, ""),
    ("disk.coalesce", _coalesce, WARNING, "vault: 1 disk waiting to coalesce for more than a day"),
    ("disk.orphan", lambda h: h.disk(h.sr), NOTE, "vault: 20 GiB in unused disks"),
    ("network.no_link", _carrier, WARNING, "lan: link down on xcp-2"),
    ("network.no_link", lambda h: _carrier(h, management=True), CRITICAL, "lan: link down on xcp-2"),
    ("network.no_link", lambda h: _carrier(h, host=h.one), CRITICAL, "lan: link down on xcp-1"),
    ("network.no_link", _spare, Level.NONE, ""),
    ("network.degraded", _bond, WARNING, "lan: link degraded on xcp-2"),
    ("vm.down", lambda h: _stop(h, tags=["keep-running"]), CRITICAL, "web-1 should be running but is halted"),
    ("vm.down", lambda h: (ha(h), _stop(h, ha_restart_priority="restart")), CRITICAL, "web-1 should be running but is halted"),
    ("vm.down", _auto, WARNING, "web-1 should be running but is halted"),
    ("vm.down", lambda h: _auto(h, pool="false"), Level.NONE, ""),
    ("vm.down", _stop, Level.NONE, ""),
    ("vm.disk_gone", lambda h: h.change(h.home.all(VDI)[h.sr.VDIs[0]], missing=True), CRITICAL, "web-1: a disk is missing"),
    ("vm.cpu", lambda h: h.measure(h.web, cpu=0.97), WARNING, "web-1: CPU at 97%"),
    ("vm.memory", lambda h: h.measure(h.web, guest_memory=0.96), WARNING, "web-1: memory at 96%"),
    ("vm.latency", lambda h: h.measure(h.web, disk_latency=0.08), WARNING, "web-1: disk latency 80 ms"),
    ("vm.latency", lambda h: h.measure(h.web, disk_latency=0.01), Level.NONE, ""),
    ("vm.old_snapshot", _snapshot(10, 20), WARNING, "web-1: snapshots older than 10 days take space"),
    ("vm.old_snapshot", _snapshot(10, 1), Level.NONE, ""),
    ("vm.old_snapshot", _snapshot(3, 20), Level.NONE, ""),
    ("vm.old_snapshot", _snapshot(10, 20, **{"xo:backup:job": "a"}), Level.NONE, ""),  # a backup needs it for the next one
    ("vm.no_tools", lambda h: h.guest("bare", guest_metrics=h.put(VMGuestMetrics(live=True))), NOTE, "bare: guest tools not responding"),
    ("vm.no_tools", lambda h: h.change(h.web, guest_metrics=Ref("OpaqueRef:NULL")), NOTE, "web-1: guest tools not responding"),
    (
        "vm.image_left",
        lambda h: _image(h, h.local(content_type="iso")),
        NOTE,
        "web-1: cannot migrate, an image from a local SR is in its CD drive",
    ),
    ("vm.image_left", lambda h: _image(h, h.sr), Level.NONE, ""),
    ("vm.bound", lambda h: h.drive(h.web, h.disk(h.local())), NOTE, "web-1: tied to its host by a disk on a local SR"),
    ("vm.bound", lambda h: h.change(h.web, attached_PCIs=["OpaqueRef:p"]), NOTE, "web-1: tied to its host by a passed-through device"),
    ("vm.restart", lambda h: h.change(h.web, requires_reboot=True), NOTE, "web-1: restart required to apply its settings"),
    (
        "vm.restart_after_update",
        _guided("web", "pending_guidances", "restart_vm"),
        WARNING,
        "web-1: restart required to finish host updates",
    ),
    (
        "vm.restart_after_update",
        _guided("web", "pending_guidances_recommended", "restart_vm"),
        NOTE,
        "web-1: restart recommended to finish host updates",
    ),
    (
        "vm.device_model",
        _guided("web", "pending_guidances", "restart_device_model"),
        WARNING,
        "web-1: device model restart required to finish host updates",
    ),
    (
        "vm.device_model",
        _guided("web", "pending_guidances_full", "restart_device_model"),
        NOTE,
        "web-1: device model restart recommended to finish host updates",
    ),
    ("vm.device_model", _guided("web", "pending_guidances_full", "reboot_host"), Level.NONE, ""),
    ("host.reboot", _guided("two", "pending_guidances_recommended", "reboot_host"), NOTE, "xcp-2: reboot recommended to finish updates"),
    (
        "host.toolstack",
        _guided("two", "pending_guidances_full", "restart_toolstack"),
        NOTE,
        "xcp-2: toolstack restart recommended to finish updates",
    ),
    ("xapi.alarm", told_of("VM_CRASHED", 2), CRITICAL, "VM crashed: web-1"),
    ("xapi.alarm", told_of("ALARM", 3, body=ALARM), WARNING, "CPU above 90% for 1\u202fmin: web-1"),
    ("xapi.alarm", told_of("SOMETHING_NEW", 3), WARNING, "Something new: web-1"),
    ("xapi.alarm", told_of("VM_STARTED", 5), Level.NONE, ""),
    ("xapi.alarm", told_of("VM_CRASHED", 2, age=3 * DAY), Level.NONE, ""),
    ("xapi.alarm", told_of("VM_CRASHED", 2, about="of a VM that is gone"), Level.NONE, ""),
]
