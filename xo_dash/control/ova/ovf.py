"""An OVF in our terms: what of it a VM of XAPI can have, and what of it is not understood.

Source: DSP0243 (OVF 1.1, 2.0); CIM's resource types; what VirtualBox and VMware write besides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.transfers.ends import EndFailed
from xo_dash.control.vm.boot import LAST_ORDER, LONGEST_DELAY
from xo_dash.i18n import N_

MOST_DISKS, MOST_NICS, MOST_CPUS, MOST_VMS = 60, 16, 128, 20
LARGEST: Final = 1 << 50
MOST_ELEMENTS: Final = 20_000
CPU, MEMORY, NIC, CD, DVD, DISK = "3", "4", "10", "15", "16", "17"
CONTROLLERS: Final = frozenset({"5", "6", "20"})
WITHOUT_LOSS: Final = frozenset({"1", "14", "23", "24", CD, DVD})
"""Floppy, USB, graphics and the like: every VM here has what it needs of them."""
KNOWN: Final = frozenset(
    {
        "Info",
        "Name",
        "OperatingSystemSection",
        "VirtualHardwareSection",
        "AnnotationSection",
        "Machine",
        "EulaSection",
        "VirtualSystem",
        "VirtualSystemCollection",
        "StartupSection",
    }
)
UNITS: Final = {
    "bytes": 0,
    "byte": 0,
    "kilobytes": 10,
    "megabytes": 20,
    "gigabytes": 30,
    "terabytes": 40,
    "kb": 10,
    "mb": 20,
    "gb": 30,
    "tb": 40,
}
_POWER: Final = re.compile(r"byte\s*\*\s*(\d{1,9}\s*\*\s*)?2\s*\^\s*(\d{1,2})")
NO_OVF: Final = lazy(N_("the OVF in it cannot be read"))
DANGEROUS: Final = lazy(N_("its OVF defines XML entities, which are not allowed"))
TOO_MANY_VMS: Final = lazy(N_("it contains more than {most} VMs; export them in smaller groups"), most=MOST_VMS)


@dataclass(frozen=True, slots=True)
class Startup:
    """When a VM starts and stops with its group: lower orders start first, and stop last. Seconds."""

    order: int = 0
    start_delay: int = 0
    shutdown_delay: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualSystem:
    """One VM as it is described. `disks`: names of the files; `nics`: names of the networks, where it was."""

    name: str
    description: str
    vcpus: int
    memory: int  # bytes
    firmware: str  # bios or uefi
    disks: tuple[str, ...]
    nics: tuple[str, ...]
    startup: Startup
    ignored: tuple[LazyText, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OVFEnvelope:
    """All that an OVF describes: at least one VM. `group`: the name of their collection, where there is one."""

    group: str
    systems: tuple[VirtualSystem, ...]
    ignored: tuple[LazyText, ...]  # of the group


def parsed(content: bytes) -> OVFEnvelope:
    """Raises EndFailed."""
    try:
        root = fromstring(content, forbid_dtd=True)
    except DefusedXmlException:
        raise EndFailed(DANGEROUS) from None
    except (ParseError, ValueError, LookupError):
        raise EndFailed(NO_OVF) from None
    if _plain(root.tag) != "Envelope" or sum(1 for _element in root.iter()) > MOST_ELEMENTS:
        raise EndFailed(NO_OVF)
    systems = list(_all(root, "VirtualSystem"))
    if not systems or len(systems) > MOST_VMS:
        raise EndFailed(TOO_MANY_VMS if systems else NO_OVF)
    group = _first(root, "VirtualSystemCollection")
    startup = _startup(root)
    described = tuple(_described(root, system, startup.get(_attribute(system, "id"), Startup())) for system in systems)
    return OVFEnvelope(group=_name(group) if group is not None else "", systems=described, ignored=tuple(_ignored_of_groups(root, startup)))


def _startup(root: Element) -> dict[str, Startup]:
    """{id of a VM or an inner group: when it starts}"""
    found = {}
    for item in _startup_items(root):
        order = min(_number(_attribute(item, "order")), LAST_ORDER)
        start, stop = (min(_number(_attribute(item, name)), LONGEST_DELAY) for name in ("startDelay", "stopDelay"))
        found[_attribute(item, "id")] = Startup(order, start, stop)
    return found


def _startup_items(root: Element) -> Iterator[Element]:
    return (item for section in _all(root, "StartupSection") for item in _all(section, "Item"))


def _ignored_of_groups(root: Element, startup: Mapping[str, Startup]) -> Iterator[LazyText]:
    """A vApp has no groups in it, and starts all of its VMs."""
    for group in _all(root, "VirtualSystemCollection"):
        yield from _unknown_sections(group)
        if _attribute(group, "id") in startup:
            yield lazy(N_("when the group “{name}” starts"), name=_name(group)[:80])
    for item in _startup_items(root):
        if _attribute(item, "startAction").lower() == "none":
            yield lazy(N_("that “{name}” does not start with the others"), name=_attribute(item, "id")[:80])


def _described(root: Element, system: Element, startup: Startup) -> VirtualSystem:
    hardware = _first(system, "VirtualHardwareSection")
    if hardware is None:
        raise EndFailed(NO_OVF)
    items = [_told(item) for item in hardware if _plain(item.tag) in ("Item", "StorageItem", "EthernetPortItem") and not _configured(item)]
    disks, nics = tuple(_disk_files(root, items)), tuple(_nics(items))
    if len(disks) > MOST_DISKS or len(nics) > MOST_NICS:
        raise EndFailed(lazy(N_("it has more disks or NICs than a VM can have")))
    return VirtualSystem(
        name=_name(system),
        description="".join(letter for letter in _text(system, "Annotation") if letter.isprintable() or letter == "\n")[:4000],
        vcpus=min(max(1, _quantity(items, CPU, "")), MOST_CPUS),
        memory=_quantity(items, MEMORY, "byte * 2^20"),
        firmware="uefi" if _is_uefi(system) else "bios",
        disks=disks,
        nics=nics,
        startup=startup,
        ignored=tuple({str(one): one for one in _ignored(system, items)}.values()),
    )


def _name(element: Element) -> str:
    """Of a VM or a group."""
    own = next((inner.text for inner in element if _plain(inner.tag) == "Name" and inner.text), "")
    return "".join(letter for letter in own or _attribute(element, "id") if letter.isprintable()).strip()[:255]


# ---- hardware


def _quantity(items: Sequence[Mapping[str, str]], kind: str, unit: str) -> int:
    """Of the first item of a kind; 0 if there is none."""
    item = next((item for item in items if item.get("ResourceType") == kind), {})
    return min(_number(item.get("VirtualQuantity", "")) * unit_of(item.get("AllocationUnits") or unit), LARGEST)


def unit_of(text: str) -> int:
    """Bytes of `byte * 2^20`, `MegaBytes`; 1 for what is none."""
    if power := _POWER.search(text.lower()):
        return int((power[1] or "1").split("*")[0]) << min(int(power[2]), 50)
    return 1 << UNITS.get(text.strip().lower(), 0)


def _disk_files(root: Element, items: Sequence[Mapping[str, str]]) -> Iterator[str]:
    """The file of each disk, in the order of their controllers and of their places there. Raises EndFailed."""
    files = {_attribute(file, "id"): file for file in _all(root, "File")}
    disks = {_attribute(disk, "diskId"): _attribute(disk, "fileRef") for disk in _all(root, "Disk")}
    found = sorted((item for item in items if item.get("ResourceType") == DISK), key=_place)
    for item in found:
        kind, _slash, target = item.get("HostResource", "").removeprefix("ovf:").strip("/").partition("/")
        reference = disks.get(target, "") if kind == "disk" else target
        file = files.get(reference)
        if file is None:
            raise EndFailed(lazy(N_("disk {name} has no file: empty disks are not supported"), name=target[:80] or "?"))
        if _attribute(file, "compression") not in ("", "identity") or _attribute(file, "chunkSize"):
            raise EndFailed(lazy(N_("disk {name} is compressed or split, which is not supported"), name=_attribute(file, "href")[:80]))
        yield _attribute(file, "href")


def _place(item: Mapping[str, str]) -> tuple[int, int]:
    return _number(item.get("Parent", "")), _number(item.get("AddressOnParent", ""))


def _nics(items: Sequence[Mapping[str, str]]) -> Iterator[str]:
    for item in items:
        if item.get("ResourceType") == NIC:
            yield item.get("Connection", "")[:255]


def _is_uefi(system: Element) -> bool:
    """Source: vmw:Config firmware=efi; VirtualBox's <Firmware type="EFI"/>."""
    told = [(_attribute(config, "key"), _attribute(config, "value")) for config in (*_all(system, "Config"), *_all(system, "ExtraConfig"))]
    of_virtualbox = any(_attribute(firmware, "type").upper().startswith("EFI") for firmware in _all(system, "Firmware"))
    return of_virtualbox or any(key == "firmware" and value.lower() == "efi" for key, value in told)


def _ignored(system: Element, items: Sequence[Mapping[str, str]]) -> Iterator[LazyText]:
    for item in items:
        kind = item.get("ResourceType", "")
        if kind not in WITHOUT_LOSS | CONTROLLERS | {CPU, MEMORY, NIC, DISK}:
            yield lazy(N_("device “{name}”"), name=(item.get("ElementName") or kind or "?")[:80])
        if kind == NIC and item.get("Address"):
            yield lazy(N_("MAC addresses: the NICs get new ones"))
    yield from _unknown_sections(system)


def _unknown_sections(element: Element) -> Iterator[LazyText]:
    for section in element:
        kind = _plain(section.tag)
        if kind == "ProductSection" and next(_all(section, "Property"), None) is not None:
            yield lazy(N_("values that are given to the appliance when it is deployed (vApp properties)"))
        elif kind == "EulaSection":
            yield lazy(N_("a licence agreement: read it where you got the appliance"))
        elif kind not in KNOWN and kind != "ProductSection":
            yield lazy(N_("section “{name}”"), name=kind[:80])


# ---- XML; namespaces differ between versions and do not matter


def _plain(tag: object) -> str:
    return str(tag).rpartition("}")[2]


def _all(element: Element, name: str) -> Iterator[Element]:
    return (inner for inner in element.iter() if _plain(inner.tag) == name)


def _first(element: Element, name: str) -> Element | None:
    return next(_all(element, name), None)


def _text(element: Element, name: str) -> str:
    found = _first(element, name)
    return (found.text or "").strip() if found is not None else ""


def _attribute(element: Element, name: str) -> str:
    return next((value for key, value in element.items() if _plain(key) == name), "")


def _configured(item: Element) -> bool:
    """Whether it is for a configuration that one has to choose."""
    return bool(_attribute(item, "configuration"))


def _told(item: Element) -> dict[str, str]:
    """{field: value} of an item; the first of several."""
    found: dict[str, str] = {}
    for inner in item:
        found.setdefault(_plain(inner.tag), (inner.text or "").strip())
    return found


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0
