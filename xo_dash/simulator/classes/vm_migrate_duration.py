"""What migrations send over the network: how long it takes, and how far it is."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from ..call import Call
from ..errors import XapiError
from ..pool import Pool
from ..types import NULL

STEPS = 20  # a whole migration waits, and shows how far it is, so often
UNKNOWN = 1000  # Mbit/s of a NIC that does not say


def speed(pool: Pool, pif: str) -> float:
    """Bytes a second through this PIF, as its link has them."""
    metrics = pool.db.get(pif, "metrics") if pif != NULL else NULL
    megabits = pool.db.get(metrics, "speed") if pool.db.exists(metrics) else 0
    return float(megabits or UNKNOWN) * 125_000


def management(pool: Pool, host: str) -> str:
    """The PIF that a host is reached by, NULL if it has none."""
    return str(next((pif for pif in pool.db.get(host, "PIFs") if pool.db.get(pif, "management")), NULL))


def address_of(pool: Pool, pif: str) -> str:
    """Its primary address, "" if it has none."""
    record = pool.db.record("PIF", pif)
    if record["primary_address_type"] != "IPv6":
        return str(record["IP"])
    return str(next((ip.split("/")[0] for ip in record["IPv6"] if not ip.lower().startswith("fe80")), ""))


def receiving(pool: Pool, host: str, network: str) -> str:
    """The PIF by which `host` takes migrations from `network`. PIF_NOT_PRESENT, REQUIRED_PIF_IS_UNPLUGGED, INTERFACE_HAS_NO_IP."""
    pifs = [pif for pif in pool.db.get(host, "PIFs") if pool.db.get(pif, "network") == network]
    if not pifs:
        raise XapiError("PIF_NOT_PRESENT", host, network)
    if not pool.db.get(pifs[0], "currently_attached"):
        raise XapiError("REQUIRED_PIF_IS_UNPLUGGED", pifs[0])
    if not address_of(pool, pifs[0]):
        raise XapiError("INTERFACE_HAS_NO_IP", pifs[0])
    return str(pifs[0])


def compressed(pool: Pool, options: dict[str, str], *, local: bool) -> bool:
    """The caller's wish, else the pool's setting, which is not for a host and itself."""
    match options.get("compress", "").lower():
        case "true" | "on" | "1":
            return True
        case "false" | "off" | "0":
            return False
    return not local and bool(pool.db.get(pool.ref, "migration_compression"))


class MigrationTraffic:
    """One migration's share of what the sending host can send: `total` bytes make its progress whole."""

    def __init__(self, call: Call, sender: str, to: Pool, pif: str, total: int) -> None:
        self._call, self._sender = call, sender
        self._speed = min(speed(call.pool, management(call.pool, sender)), speed(to, pif))
        self._total, self._done = max(1, total), 0

    async def __aenter__(self) -> MigrationTraffic:
        self._busy[self._sender] = self._busy.get(self._sender, 0) + 1
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._busy[self._sender] -= 1

    @property
    def _busy(self) -> dict[str, int]:
        """{host: migrations that leave it now}"""
        found: dict[str, int] = self._call.pool.facts.setdefault("leaving", {})
        return found

    async def carry(self, size: int, *, packed: bool = False) -> None:
        """`size` bytes more, which take half the time when `packed`; the place where a cancelled migration ends."""
        facts: dict[str, Any] = self._call.pool.facts
        while size > 0:
            part = min(size, max(1, self._total // STEPS))
            seconds = part * self._busy[self._sender] / self._speed / (2 if packed else 1)
            await self._call.sleep(seconds / float(facts.get("pace", 1.0)))
            self._done += part
            size -= part
            self._call.progress(min(0.95, self._done / self._total))
