"""What CPUs can, as masks: a VM boots with what all hosts of its pool have, and goes on only where all of that is.

A mask is words of 32 bits in hex, the first one lowest: 1fcbfbff-f7f83223-...
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..database import Database, Record
from ..errors import XapiError
from ..pool import Pool

BOOT = ("features_pv_host", "features_hvm_host")  # with which VMs start
MOVE = ("features_pv", "features_hvm")  # with which they may come
DIFFERENT = "VM last booted on a host which had a CPU from a different vendor."
LESS = "VM last booted on a CPU with features this host's CPU does not have."


@dataclass(frozen=True, slots=True)
class Cpu:
    vendor: str
    name: str
    family: str
    model: str
    features: str


AMD, INTEL = "AuthenticAMD", "GenuineIntel"
CPUS = {
    "naples": Cpu(AMD, "AMD EPYC 7351P 16-Core Processor", "23", "1",
                  "1fcbfbff-f7f83223-2d93fbff-00000523-0000000f-d09c01ab-00000000-00000000-00000000-ac000410"),
    "rome": Cpu(AMD, "AMD EPYC 7402P 24-Core Processor", "23", "49",
                "1fcbfbff-f7f83223-2d93fbff-00000523-0000000f-d19c27ab-00400018-00000000-00001000-ac000410"),
    "genoa": Cpu(AMD, "AMD EPYC 9354P 32-Core Processor", "25", "17",
                 "1fcbfbff-f7f83223-2d93fbff-00000523-0000000f-f1bfb7ab-00405fde-00000000-00001000-ac000410"),
    "skylake": Cpu(INTEL, "Intel(R) Xeon(R) Gold 6130 CPU @ 2.10GHz", "6", "85",
                   "1fcbfbff-f7fa3223-2c100800-00000121-0000000f-d19ffffb-00000008-00000000-00000000-9c000400"),
}  # fmt: skip


def bits(features: str) -> int:
    """ValueError for what is no mask."""
    return sum(int(word, 16) << 32 * n for n, word in enumerate(features.split("-")) if word)


def common(masks: Iterable[str]) -> str:
    """What all have that say anything; "" if nobody does."""
    said = [mask for mask in masks if mask]
    try:
        found = bits(said[0]) if said else 0
        for mask in said[1:]:
            found &= bits(mask)
    except ValueError:
        return ""
    words = max((mask.count("-") + 1 for mask in said), default=0)
    return "-".join(f"{found >> 32 * n & 0xFFFFFFFF:08x}" for n in range(words))


def whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def level(db: Database, hosts: Iterable[str]) -> dict[str, str]:
    """pool.cpu_info: the sums of its hosts, and what they have in common."""
    infos = [db.get(host, "cpu_info") for host in hosts]
    sums = {name: str(sum(whole(info.get(name, "")) for info in infos)) for name in ("cpu_count", "socket_count")}
    masks = {name: common(info.get(name, "") for info in infos) for name in (*BOOT, *MOVE)}
    return {"vendor": infos[-1].get("vendor", "") if infos else "", **sums, **masks}


def refresh(pool: Pool) -> None:
    """After hosts have come, gone, or started."""
    pool.db.set(pool.ref, cpu_info=level(pool.db, pool.db.rows("host")))


def booted(pool: Pool, vm: Record, host: str) -> dict[str, str]:
    """last_boot_CPU_flags of a VM that starts now."""
    own = pool.db.get(host, "cpu_info")
    pv = vm["domain_type"] == "pv"
    features = pool.db.get(pool.ref, "cpu_info").get(BOOT[0 if pv else 1]) or own.get(MOVE[0 if pv else 1], "")
    return {"vendor": own.get("vendor", ""), "features": features}


def check(db: Database, ref: str, vm: Record, host: str) -> None:
    """What a VM found at its boot must be there as long as it lives. VM_INCOMPATIBLE_WITH_THIS_HOST."""
    if vm["power_state"] == "Halted":
        return
    known, offered = vm["last_boot_CPU_flags"], db.get(host, "cpu_info")
    if known.get("vendor") and known["vendor"] != offered.get("vendor", ""):
        raise XapiError("VM_INCOMPATIBLE_WITH_THIS_HOST", ref, host, DIFFERENT)
    there = offered.get(MOVE[0 if vm["domain_type"] == "pv" else 1])
    if there and bits(known.get("features", "")) & ~bits(there):
        raise XapiError("VM_INCOMPATIBLE_WITH_THIS_HOST", ref, host, LESS)


def install(pool: Pool, host: str, cpu: Cpu) -> None:
    """The host has another CPU from now on, as many as before."""
    info = pool.db.get(host, "cpu_info")
    known = {"vendor": cpu.vendor, "modelname": cpu.name, "family": cpu.family, "model": cpu.model}
    pool.db.set(host, cpu_info={**info, **known, **dict.fromkeys((*BOOT, *MOVE), cpu.features)})
    for ref in pool.db.get(host, "host_CPUs"):
        pool.db.set(ref, vendor=cpu.vendor, modelname=cpu.name, family=int(cpu.family), model=int(cpu.model))
    refresh(pool)
