"""Where a driver finds storage by a device_config, and how it fails; what a client learns from the failures is in their third argument."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from xml.dom.minidom import Document, Element

from ..pool import Pool
from . import storage_servers
from . import storage_world as world
from .storage_servers import Servers, slashes
from .storage_world import failure

Config = Mapping[str, str]
PORT = "3260"


@dataclass(frozen=True, slots=True)
class Place:
    """`key` names it in the world; `size` in bytes, 0 if it is as large as one likes."""

    key: str
    size: int = 0


def xml(root: str, entries: Iterable[tuple[str, Iterable[tuple[str, str]]]]) -> str:
    """A list of elements with texts, as the drivers print it: indented by tabs."""
    document = Document()
    top = document.appendChild(document.createElement(root))
    for tag, texts in entries:
        entry: Element = top.appendChild(document.createElement(tag))
        for name, text in texts:
            entry.appendChild(document.createElement(name)).appendChild(document.createTextNode(text))
    return document.toprettyxml()


def need(config: Config, key: str, code: int, text: str) -> str:
    if not config.get(key):
        raise failure(code, text)
    return config[key]


def reach(server: str, known: Servers, code: int, text: str) -> None:
    """The name resolves, and somebody listens there."""
    if server in known:
        return
    try:
        ip_address(server)
    except ValueError:
        raise failure(140, "Incorrect DNS name, unable to resolve.") from None
    raise failure(code, text)


def disk(config: Config, known: Servers) -> int:
    device = need(config, "device", 90, "The request is missing the device parameter").split(",")[0]
    is_system = re.fullmatch(world.SYSTEM_DISK + "[12]?", device)
    if not is_system and device not in world.DISKS and device not in known[storage_servers.DRIVES]:
        raise failure(19, "No such device", f"Device {device} does not exist")
    if is_system:
        text = f"Device {device} contains core system files, please use another device"
        raise failure(105, "Root system device, cannot be used for VM storage", text)
    return world.DISKS.get(device, 0)


def nfs(config: Config, known: Servers) -> int:
    server = need(config, "server", 102, "The request is missing the server parameter")
    version = config.get("nfsversion") or "3"
    if version != "3" and not version.startswith("4"):
        raise failure(1200, "Invalid nfsversion.")
    reach(server, known, 108, "Unable to detect an NFS service on this target.")
    if not config.get("serverpath"):
        found = [("Export", (("Target", server), ("Path", path), ("Accesslist", "*"))) for path in known[server]]
        raise failure(101, "The request is missing the serverpath parameter", xml=xml("nfs-exports", found))
    if version not in ("3", "4", "4.0", "4.1", "4.2"):
        raise failure(72, "Required NFS server version unsupported", f"Unsupported NFS version: {version}")
    return mounted(server, known, config["serverpath"], 73, "NFS mount error")


def mounted(server: str, known: Servers, path: str, code: int, text: str) -> int:
    if path.rstrip("/") not in known[server]:
        raise failure(code, text, f"mount failed on server `{server}` with return code 32")
    return known[server][path.rstrip("/")]


def smb(config: Config, known: Servers) -> int:
    name = need(config, "server", 102, "The request is missing the server parameter")
    return share(name, known, 111, "SMB mount error", "mount failed with return code 32")


def share(name: str, known: Servers, code: int, text: str, detail: str) -> int:
    path = slashes(name)
    size = known.get(path.lstrip("/").split("/")[0], {}).get(path)
    if size is None:
        raise failure(code, text, detail)
    return size


def iscsi(config: Config, known: Servers) -> int:
    target = need(config, "target", 95, "The request is missing the target parameter").split(",")[0]
    port = config.get("port") or PORT
    if not port.isdigit() or not 1 <= int(port) <= 65535:
        raise failure(142, "Incorrect value for iSCSI port, must be a number between 1 and 65535")
    reach(target, known, 141, "Unable to connect to ISCSI service on target")
    targets = world.TARGETS.get(target)
    iqn = config.get("targetIQN", "")
    if not iqn:
        raise failure(96, "The request is missing or has an incorrect target IQN parameter", xml=iqns(target, port, targets or ()))
    if targets is None:
        need(config, "SCSIid", 107, SCSI_ID)
        return 0
    chosen = [t for t in targets if iqn in ("*", t.iqn)]
    if not chosen:
        raise failure(83, "ISCSI discovery failed", "check target settings", iqns(target, port, targets))
    if iqn != "*" and chosen[0].user and (config.get("chapuser"), config.get("chappassword")) != (chosen[0].user, chosen[0].password):
        raise failure(68, "ISCSI login failed - check access settings for the initiator on the storage, if CHAP is used verify CHAP "
                      "credentials")  # fmt: skip
    return lun([n for t in chosen for n in t.luns], config, luns)


def iqns(target: str, port: str, targets: Iterable[world.Target]) -> str:
    ports = (("Port", port),) if port != PORT else ()
    names = [*(t.iqn for t in targets), "*"]
    return xml("iscsi-target-iqns", [("TGT", (("Index", str(n)), ("IPAddress", target), *ports, ("TargetIQN", iqn)))
                                     for n, iqn in enumerate(names)])  # fmt: skip


def luns(found: Iterable[world.Lun]) -> str:
    def texts(n: world.Lun) -> tuple[tuple[str, str], ...]:
        return (
            ("vendor", n.vendor),
            ("serial", n.scsi_id[-16:]),
            ("LUNid", str(n.number)),
            ("size", str(n.size)),
            ("SCSIid", n.scsi_id),
        )

    return xml("iscsi-target", [("LUN", texts(n)) for n in found])


def lun(found: list[world.Lun], config: Config, tell: Callable[[Iterable[world.Lun]], str]) -> int:
    wanted = config.get("SCSIid", "")
    held = next((n for n in found if n.scsi_id == wanted), None)
    if held is None:
        raise failure(107, SCSI_ID, xml="" if wanted else tell(found))
    return held.size


def hba(config: Config, known: Servers) -> int:
    wanted = config.get("SCSIid", "")
    listed = wanted in (n.scsi_id for n in world.SAN)
    return 0 if wanted in known[storage_servers.SAN] and not listed else lun(list(world.SAN), config, block_devices)


def block_devices(found: Iterable[world.Lun]) -> str:
    blocks = []
    for n in found:
        who = (("path", n.path), ("numpaths", "2"), ("SCSIid", n.scsi_id), ("vendor", n.vendor), ("serial", n.scsi_id[-16:]))
        where = (("size", str(n.size)), ("adapter", "2"), ("channel", "0"), ("id", "0"), ("lun", str(n.number)), ("hba", "qla2xxx"))
        blocks.append(("BlockDevice", (*who, *where)))
    adapter = ("Adapter", (("host", "host2"), ("name", "qla2xxx"), ("manufacturer", "QLogic HBA Driver"), ("id", "2")))
    return xml("Devlist", [*blocks, adapter])


def iso(config: Config, known: Servers) -> int:
    location = need(config, "location", 94, LOCATION)
    if "legacy_mode" in config:
        if not location.startswith("/"):
            raise failure(226, "Invalid local path")
        return 0
    kind = config.get("type") or ("nfs_iso" if ":/" in location else "cifs")
    if kind == "nfs_iso" and ":" in location:
        server, path = location.split(":", 1)
        reach(server, known, 108, "Unable to detect an NFS service on this target.")
        return mounted(server, known, path, 222, ISO_MOUNT)
    if kind == "nfs_iso" or not slashes(location).startswith("//"):
        raise failure(225, ISO_LOCATION)
    if config.get("vers", "3.0") not in ("1.0", "3.0"):
        raise failure(227, "Given SMB version is not allowed. Choose either 1.0 or 3.0")
    return share(location, known, 222, ISO_MOUNT, "mount error(2): No such file or directory")


def directory(config: Config, _known: Servers) -> int:
    need(config, "location", 94, LOCATION)
    return 0


SCSI_ID = "The SCSIid parameter is missing or incorrect"
LOCATION = "The request is missing the location parameter"
ISO_MOUNT = "Could not mount the directory specified in Device Configuration"
ISO_LOCATION = (
    "Incorrect Location string format. String must be in the format SERVER:PATH for NFS targets, or \\\\SERVER\\PATH for CIFS targets"
)
DRIVERS: dict[str, Callable[[Config, Servers], int]] = {
    "lvm": disk, "ext": disk, "xfs": disk, "largeblock": disk, "nfs": nfs, "smb": smb, "cifs": smb, "lvmoiscsi": iscsi, "lvmohba": hba,
    "iso": iso, "file": directory, "zfs": directory, "udev": directory,
}  # fmt: skip
PROBING = frozenset({"lvm", "ext", "xfs", "largeblock", "nfs", "smb", "cifs", "lvmoiscsi", "lvmohba"})


def place(pool: Pool, host: str, kind: str, config: Config) -> Place:
    """Where an SR of that type would be; SR_BACKEND_FAILURE_n in the driver's own order of checks. Passwords may be secrets."""
    plain = dict(config)
    for key in [k for k in config if k.endswith("password_secret")]:
        secret = pool.db.tables["secret"].by_uuid.get(config[key])
        if secret is None:
            raise failure(20, "No such secret.")
        plain[key.removesuffix("_secret")] = pool.db.get(secret, "value")
    size = DRIVERS[kind](plain, storage_servers.known(pool)) if kind in DRIVERS else 0
    return Place(key_of(pool, host, kind, config), size)


def key_of(pool: Pool, host: str, kind: str, config: Config) -> str:  # noqa: PLR0911  one for each
    """The name of a place. That of the same SR is the same for all hosts, but for what is inside of them."""
    uuid, location = pool.db.get(host, "uuid"), config.get("location", "")
    match kind:
        case "lvm" | "ext" | "xfs" | "largeblock":
            return f"disk:{uuid}:{config.get('device', '').split(',')[0]}"
        case "nfs":
            return f"nfs:{config.get('server')}:{config.get('serverpath', '').rstrip('/')}"
        case "smb" | "cifs":
            return f"smb:{slashes(config.get('server', ''))}"
        case "lvmoiscsi" | "lvmohba":
            return f"scsi:{config.get('SCSIid')}"
        case "iso" if "legacy_mode" not in config:
            return f"smb:{slashes(location)}" if slashes(location).startswith("//") else f"nfs:{location.rstrip('/')}"
        case "iso" | "file" | "zfs" | "udev":
            return f"path:{uuid}:{location}"
    return "other:" + ",".join(f"{name}={config[name]}" for name in sorted(config))


def at(pool: Pool, key: str) -> list[str]:
    """SRs of the pool that are at this place, by what their PBDs say."""
    found = []
    for sr, record in pool.db.records("SR"):
        for pbd in record["PBDs"]:
            held = pool.db.record("PBD", pbd)
            if pool.db.exists(held["host"]) and key_of(pool, held["host"], record["type"], held["device_config"]) == key:
                found.append(sr)
                break
    return found


def need_free(pool: Pool, found: Place) -> None:
    """A disk or LUN holds one SR."""
    if found.key.startswith(("disk:", "scsi:")) and at(pool, found.key):
        raise failure(16, "The SR device is currently in use")


def names(pool: Pool, found: Place, kind: str) -> dict[str, str]:
    """{uuid: name} of the SRs of that type that lie at a place, whether the pool has them or not."""
    ours = {pool.db.get(sr, "uuid"): pool.db.get(sr, "name_label") for sr in at(pool, found.key) if pool.db.get(sr, "type") == kind}
    left = {uuid: kept.name for uuid, kept in world.world(pool).places.get(found.key, {}).items() if kept.kind == kind}
    return left | ours


def sr_list(pool: Pool, found: Place, kind: str, config: Config, metadata: bool) -> str:
    """SRs that lie at a place, as the driver of that type prints them."""
    entries: list[tuple[str, list[tuple[str, str]]]] = []
    for uuid, name in names(pool, found, kind).items():
        entry = [("UUID", uuid)]
        if found.key.startswith(("disk:", "scsi:")):
            device = config.get("device") or f"/dev/disk/by-scsid/{config.get('SCSIid')}/mapper"
            entry += [("Devlist", device), ("size", str(found.size or world.TIB))]
            entry += (
                [("name_label", name), ("name_description", ""), ("pool_metadata_detected", str(world.has_database(found.key)).lower())]
                if metadata
                else []
            )
        entries.append(("SR", entry))
    if kind == "nfs" and "probeversion" in config:
        entries.append(("SupportedVersions", [("Version", version) for version in ("3", "4", "4.1")]))
    return xml("SRlist", entries)
