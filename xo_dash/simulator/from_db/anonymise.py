"""A database without whose it is: other names, descriptions, addresses, MACs, secrets and other_config, the same shape and sizes.

What is not known to be harmless is rewritten: a text stays only if its field is listed here. References and uuids stay, for they are
what holds a database together and what a bug report talks about.
"""

from __future__ import annotations

import re
from dataclasses import replace

from .. import model as models
from ..classes import sexpr
from ..dialect import words
from ..model import Model
from ..types import Type
from .dump import Columns, Dump
from .pseudonyms import Pseudonyms
from .rows import FLEETING

NAMED_FIRST = ("pool", "host", "SR", "network", "VM")  # so that a name is called after the most important one that has it
KEPT_CLASSES = frozenset({"SM", "PCI", "GPU_group", "PGPU", "VGPU_type", "Feature", "host_cpu", "Driver_variant", "Host_driver"})
KEPT = {
    "VM": "PV_bootloader HVM_boot_policy HVM_boot_params platform PCI_bus recommendations VCPUs_params domarch generation_id "
          "last_boot_CPU_flags reference_label snapshot_info",
    "VM_guest_metrics": "os_version PV_drivers_version memory disks",
    "VM_metrics": "VCPUs_flags state VCPUs_params",
    "VBD": "userdevice device", "VIF": "device", "SR": "type content_type", "blob": "mime_type", "console": "protocol",
    "PIF": "device netmask properties capabilities", "PIF_metrics": "vendor_id vendor_name device_id device_name pci_bus_path",
    "network": "bridge",
    "host": "API_version_vendor API_version_vendor_implementation software_version capabilities cpu_configuration sched_policy "
            "supported_bootloaders edition editions cpu_info chipset_info timezone features",
    "pool": "restrictions cpu_info ha_cluster_stack",
}  # fmt: skip
EMPTIED = {"VM": "last_booted_record NVRAM", "host": "uefi_certificates", "pool": "uefi_certificates custom_uefi_certificates"}
ADDRESSES_IN = {"console": "location"}  # of these only the addresses change
KEPT_KEYS = words(
    "default_template base_template_name disks install-methods i18n-key linux_template is_guest_installer_network automatic "
    "is_host_internal_management_network auto_poweron boot_time agent_start_time multipathing multipathhandle is_system_domain "
    "memory-ratio-hvm memory-ratio-pv cpuid_feature_mask debian-release HideFromXenCenter auto-scan xs-tools vdi_type vhd-parent type "
    "allocation use_vhd port legacy_mode nfsversion mac_seed bios-vendor bios-version system-manufacturer system-product-name hp-rombios "
    "productcode expiry sku_type license_type netmask version i18n-original-value-name_label i18n-original-value-name_description"
)
KEPT_PREFIXES = ("restrict_", "enable_", "feature-", "platform-feature-", "regul_", "allow_")
OWN_KEYS = re.compile(r"(XenCenter\.CustomFields\.)(.+)")  # words of people in names of keys
SYSTEM_PATHS = ("/dev/xapi/", "/opt/xensource/")
PLAIN = re.compile(r"(true|false|-?\d+(\.\d+)?|OpaqueRef:[\w-]+|)")
CONTROL_DOMAIN = "Control domain on host: "


def anonymised(dump: Dump) -> Dump:
    """A new dump; the given one is left as it is."""
    return _Anonymiser(dump).run()


class _Anonymiser:
    def __init__(self, dump: Dump) -> None:
        self._dump = dump
        self._model: Model = models.load()
        self._names = Pseudonyms()

    def run(self) -> Dump:
        self._give_names()
        tables = {
            cls: {ref: self._row(cls, columns) for ref, columns in table.items()}
            for cls, table in self._dump.tables.items()
            if cls not in FLEETING
        }
        manifest = {key: "removed" if key == "pool_token" else self._names.addresses_in(text) for key, text in self._dump.manifest.items()}
        return replace(self._dump, manifest=manifest, tables=tables)

    def _give_names(self) -> None:
        """Names of what came with the product stay; the others are numbered, the important ones first."""
        for columns in self._dump.rows("VM").values():
            if "'default_template'" in columns.get("other_config", ""):
                self._names.keep(columns.get("name__label", ""))
                self._names.keep(columns.get("name__description", ""))
        for cls in (*NAMED_FIRST, *self._dump.tables):
            if cls in KEPT_CLASSES | FLEETING:
                continue
            for columns in self._dump.rows(cls).values():
                name = columns.get("name__label", columns.get("name_label", ""))
                if name and not name.startswith(CONTROL_DOMAIN):
                    self._names.name(name, cls)

    def _row(self, cls: str, columns: Columns) -> Columns:
        fields = self._model.classes[cls].fields if cls in self._model.classes else {}
        kept: Columns = {}
        for column, text in columns.items():
            field = fields.get(column.replace("__", "_"))
            if field is None:
                if PLAIN.fullmatch(text):
                    kept[column] = text
                continue
            kept[column] = self._column(cls, field.name, field.type, text)
        return kept

    def _column(self, cls: str, name: str, kind: Type, text: str) -> str:  # noqa: PLR0911  one for each kind
        if cls in KEPT_CLASSES or name == "uuid" or not _holds_text(kind) or name in KEPT.get(cls, "").split():
            return text
        if name in EMPTIED.get(cls, "").split():
            return "()" if kind.kind in ("set", "map") else ""
        if name == "snapshot_metadata":
            return self._whole_row(cls, text)
        if name in ADDRESSES_IN.get(cls, "").split():
            return self._names.addresses_in(text)
        if text.startswith(CONTROL_DOMAIN):
            return CONTROL_DOMAIN + self._names.name(text.removeprefix(CONTROL_DOMAIN), "host")
        try:
            match kind.kind:
                case "map":
                    return sexpr.as_text({self._key(key): self._held(key, held) for key, held in sexpr.read(text)})
                case "set":
                    return sexpr.as_text([self._names.scrub(item) for item in sexpr.read(text)])
        except (ValueError, TypeError, RecursionError):
            return "()"
        return self._names.scrub(text)

    def _whole_row(self, cls: str, text: str) -> str:
        """A row inside a column, as snapshots keep that of their VM."""
        try:
            columns = {str(column): str(held) for column, held in sexpr.read(text)} if text else {}
        except (ValueError, TypeError, RecursionError):
            columns = {}
        return sexpr.as_text(self._row(cls, columns)) if columns else ""

    def _key(self, key: str) -> str:
        own = OWN_KEYS.fullmatch(key)
        return own[1] + self._names.name(own[2]) if own else self._names.addresses_in(key)

    def _held(self, key: str, text: str) -> str:
        if key == "base_template_name":
            return self._names.name(text, "VM")
        if key in KEPT_KEYS or key.startswith(KEPT_PREFIXES) or text.startswith(SYSTEM_PATHS):
            return self._names.addresses_in(text)
        return self._names.scrub(text)


def _holds_text(kind: Type) -> bool:
    return kind.kind == "string" or any(_holds_text(part) for part in (kind.key, kind.of) if part)
