"""Storage of a pool: repositories, what plugs them into hosts, images of CDs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from .classes import sm
from .database import Database
from .inventory_names import GIB
from .pool import Pool

TIB = 1 << 40
ISOS = (("debian-13.1.0-amd64-netinst.iso", 754), ("ubuntu-24.04.3-live-server-amd64.iso", 3_160),
        ("AlmaLinux-9.6-x86_64-minimal.iso", 2_090),
        ("Win11_24H2_English_x64.iso", 5_550), ("SERVER_2022_EVAL_x64FRE_en-us.iso", 4_810),
        ("alpine-virt-3.22.1-x86_64.iso", 66))  # fmt: skip


@dataclass(slots=True)
class Storage:
    """Where disks can go: `local` has an SR for each host, `shared` those of all."""

    local: dict[str, str] = field(default_factory=dict)
    shared: list[str] = field(default_factory=list)
    isos: list[str] = field(default_factory=list)  # VDIs
    tools_iso: str = ""

    @property
    def all(self) -> list[str]:
        return [*self.shared, *self.local.values()]


def build(pool: Pool, hosts: Sequence[str], wanted: Sequence[tuple[str, str]]) -> Storage:
    db = pool.db
    sm.create_rows(pool)
    storage = Storage()
    for host in hosts:
        name = db.get(host, "name_label")
        sr = create(db, "Local storage", f"On {name}", "ext", GIB * 894, [host], {"device": "/dev/sda3"},
                    other_config={"i18n-key": "local-storage"},
                    sm_config={"devserial": f"scsi-3600508b1001c{len(storage.local):04x}"})  # fmt: skip
        storage.local[host] = sr
        dvd = create(db, "DVD drives", "Physical DVD drives", "udev", 0, [host], {"location": "/dev/xapi/cd"}, content="iso",
                     other_config={"i18n-key": "local-hotplug-cd"}, sm_config={"type": "cd"})  # fmt: skip
        disk(db, dvd, "SCSI 0:0:0:0", 0, description="", location="/dev/xapi/cd/sr0", read_only=True)
        db.set(host, suspend_image_sr=sr, crash_dump_sr=sr)
    tools = create(db, "XCP-ng Tools", "XCP-ng Tools ISOs", "iso", 0, hosts,
                   {"location": "/opt/xensource/packages/iso", "legacy_mode": "true"},
                   content="iso", shared=True, is_tools_sr=True, other_config={"i18n-key": "xenserver-tools"})  # fmt: skip
    storage.tools_iso = disk(db, tools, "guest-tools.iso", 56 << 20, read_only=True, is_tools_iso=True, location="guest-tools.iso",
                             sm_config={"xs-tools": "true"})  # fmt: skip
    for number, (name, kind) in enumerate(wanted):
        sr = create(db, name, "", kind, 0 if kind == "iso" else TIB, hosts, connection(kind, name, number), shared=True,
                    content="iso" if kind == "iso" else "user")  # fmt: skip
        if kind != "iso":
            storage.shared.append(sr)
            continue
        storage.isos = [disk(db, sr, label, size << 20, read_only=True, location=label) for label, size in ISOS]
    return storage


def connection(kind: str, name: str, number: int) -> dict[str, str]:
    """device_config of a shared SR."""
    server = f"10.10.0.{200 + number % 50}"
    match kind:
        case "iso":
            return {"location": f"{server}:/export/{name}", "type": "nfs_iso"}
        case "lvmoiscsi":
            return {
                "target": server,
                "port": "3260",
                "targetIQN": f"iqn.2005-10.org.freenas.ctl:{name}",
                "SCSIid": f"36589cfc0000{number:04x}9d2e",
            }
    return {"server": server, "serverpath": f"/mnt/tank/{name}", "nfsversion": "4.1"}


def create(
    db: Database, name: str, about: str, kind: str, size: int, hosts: Sequence[str], device: dict[str, str], *, content: str = "user",
    shared: bool = False, **more: object,
) -> str:  # fmt: skip
    sr = db.create("SR", {"name_label": name, "name_description": about, "type": kind, "content_type": content, "physical_size": size,
                          "shared": shared, **more})  # fmt: skip
    for host in hosts:
        db.create("PBD", {"host": host, "SR": sr, "device_config": dict(device), "currently_attached": True})
    return sr


def disk(db: Database, sr: str, name: str, size: int, *, description: str = "", used: int | None = None, **more: object) -> str:
    """A VDI; without `used` it takes all its size."""
    vdi = db.create("VDI", {"name_label": name, "name_description": description, "SR": sr, "virtual_size": size, "type": "user",
                            "managed": True,
                            "physical_utilisation": size if used is None else used, **more})  # fmt: skip
    if not db.get(vdi, "location"):
        db.set(vdi, location=db.get(vdi, "uuid"))
    return vdi


def measure(db: Database, sr: str, fill: float, *, exactly: bool = False) -> None:
    """Sizes from what is on the SR, which is all that is in use: at most `fill` of it, or `exactly` so much."""
    vdis = [db.record("VDI", vdi) for vdi in db.get(sr, "VDIs")]
    used, size = sum(vdi["physical_utilisation"] for vdi in vdis), db.get(sr, "physical_size")
    if db.get(sr, "content_type") == "iso":  # as large as what is in it
        fill, size = 1.0, used
    if used and (exactly or db.get(sr, "type").startswith("lvm")):
        size = -(-int(used / fill) // GIB) * GIB
    while used > size * fill:
        size *= 2
    virtual = sum(vdi["virtual_size"] for vdi in vdis)
    db.set(sr, physical_size=size, physical_utilisation=used, virtual_allocation=virtual)
