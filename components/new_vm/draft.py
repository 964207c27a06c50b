"""What a person has typed so far. Nothing is decided here: None is what follows from the template."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from data.sight import Sight

SUGGESTED: Final = "suggested"
"""The host that suits best, whichever it is when the VM is created."""
ANY: Final = ""
"""The pool picks one at each start."""


class DraftSource(StrEnum):
    """What it is made of."""

    TEMPLATE = "template"
    ISO = "iso"
    NETWORK = "network"
    DISK = "disk"
    COPY = "copy"


@dataclass(slots=True)
class DiskDraft:
    position: str | None = None  # of the template's
    existing: bool = False
    vdi: str = ""
    name: str = ""
    size: str = ""
    sr: str = ""

    def values(self) -> dict[str, object]:
        if self.existing:
            return {"vdi": self.vdi}
        return {"position": self.position, "name": self.name or None, "size": self.size or None, "sr": self.sr or None}


@dataclass(slots=True)
class NicDraft:
    network: str = ""
    mac: str = ""


@dataclass(slots=True)
class CloudDraft:
    on: bool = False
    user: str = ""
    password: str = field(default="", repr=False)
    ssh_keys: str = ""  # one a line
    hostname: str = ""
    packages: str = ""
    update: bool = False
    remove: bool = True
    static: bool = False
    address: str = ""
    gateway: str = ""
    dns: str = ""
    own: bool = False  # `text` is the user-data
    text: str = ""

    def values(self) -> dict[str, object] | None:
        if not self.on:
            return None
        said: dict[str, object] = {"hostname": self.hostname.strip(), "text": self.text if self.own else "", "remove": self.remove}
        if self.static:
            said |= {"address": self.address.strip(), "gateway": self.gateway.strip(), "dns": words(self.dns)}
        if not self.own:
            said |= {"user": self.user.strip(), "password": self.password, "packages": words(self.packages), "update": self.update}
            said["ssh_keys"] = [line.strip() for line in self.ssh_keys.splitlines() if line.strip()]
        return said


@dataclass(slots=True)
class VMDraft:
    pool: str = ""  # what names it, see data.identity
    source: DraftSource = DraftSource.TEMPLATE
    name: str = ""
    several: bool = False
    count: str = "3"
    first: str = "1"
    template: str = ""
    iso: str = ""
    memory: str | None = None
    memory_min: str | None = None
    memory_max: str | None = None
    vcpus: str | None = None
    cores_per_socket: str | None = None
    firmware: str | None = None
    secure_boot: bool | None = None
    vtpm: bool = False
    disks: list[DiskDraft] | None = None
    nics: list[NicDraft] | None = None
    host: str = SUGGESTED
    description: str | None = None
    tags: str | None = None
    start: bool = True
    auto_start: bool = False
    ha: str = ""
    protect: bool = False
    cloud: CloudDraft = field(default_factory=CloudDraft)

    def values(self, suggested: str | None) -> dict[str, object]:
        """As plain values of a request; `suggested` is the uuid of that host, if there is one."""
        told: dict[str, object] = {
            "name": self.name, "template": self.template, "iso": self.iso if self.source is DraftSource.ISO else None,
            "network_boot": self.source is DraftSource.NETWORK, "memory": self.memory, "memory_min": self.memory_min,
            "memory_max": self.memory_max, "vcpus": self.vcpus, "cores_per_socket": self.cores_per_socket or None,
            "firmware": self.firmware, "secure_boot": self.secure_boot,
            "vtpm": self.vtpm, "host": suggested if self.host == SUGGESTED else self.host or None, "description": self.description,
            "start": self.start, "auto_start": self.auto_start, "ha": self.ha, "protect": self.protect, "cloud_init": self.cloud.values(),
        }  # fmt: skip
        if self.several:
            told |= {"count": self.count, "first": self.first}
        if self.tags is not None:
            told["tags"] = words(self.tags)
        if self.disks is not None:
            told["disks"] = [disk.values() for disk in self.disks]
        if self.nics is not None:
            told["nics"] = [{"network": nic.network, "mac": nic.mac} for nic in self.nics]
        return {key: value for key, value in told.items() if value is not None}

    def leave_pool(self) -> None:
        """Forget what is of one pool alone."""
        self.template = self.iso = ""
        self.disks = self.nics = None
        self.host = SUGGESTED

    def leave_template(self) -> None:
        """Forget what followed from the template, and was not typed."""
        self.disks = None
        self.nics = None


KEPT: Final = ("memory", "memory_min", "memory_max", "vcpus", "cores_per_socket", "description", "tags", "start", "auto_start", "protect")
"""What is worth having again for the next VM."""


def remembered(draft: VMDraft) -> dict[str, Any]:
    """The last values of a person, as a preference: no secrets, and no text of their own."""
    cloud = draft.cloud
    told = {"on": cloud.on, "user": cloud.user, "ssh_keys": cloud.ssh_keys, "packages": cloud.packages, "update": cloud.update}
    return {"template": draft.template, "cloud": told} | {name: getattr(draft, name) for name in KEPT}


def recall(draft: VMDraft, kept: object) -> None:
    """Fill in last values; whatever is not as it was written is left out."""
    if not isinstance(kept, dict):
        return
    if isinstance(template := kept.get("template"), str):
        draft.template = template
    for name in KEPT:
        value, now = kept.get(name), getattr(draft, name)
        if isinstance(now, bool) if isinstance(value, bool) else isinstance(value, str) and not isinstance(now, bool):
            setattr(draft, name, value)
    said = kept.get("cloud")
    told = said if isinstance(said, dict) else {}
    for name in ("on", "user", "ssh_keys", "packages", "update"):
        if type(told.get(name)) is type(getattr(draft.cloud, name)):
            setattr(draft.cloud, name, told[name])


def words(text: str) -> list[str]:
    """`a, b c` are three."""
    return text.replace(",", " ").split()


class Drafts:
    """{who creates: what they were about to}; in memory alone: there are passwords in it."""

    def __init__(self, _mirror: Sight) -> None:
        self._by_user: dict[str, VMDraft] = {}

    def of(self, drafter: str) -> VMDraft | None:
        return self._by_user.get(drafter)

    def keep(self, drafter: str, draft: VMDraft) -> None:
        self._by_user[drafter] = draft

    def drop(self, drafter: str) -> None:
        self._by_user.pop(drafter, None)
