"""Facts about a host: whether it is heard, its state, its memory."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache

from data.objects import Host, HostMetrics
from data.texts import moment

INSTALLED = "rpm_patch_installation_time"
"""In other_config: epoch seconds at which somebody installed packages."""


class HostState(StrEnum):
    RUNNING = "running"
    MAINTENANCE = "maintenance"  # it takes no VMs: somebody said so, or it still boots
    UNHEARD = "unheard"  # the pool does not hear it


def host_state(host: Host) -> HostState:
    if not is_live(host):
        return HostState.UNHEARD
    return HostState.RUNNING if host.enabled else HostState.MAINTENANCE


def is_live(host: Host) -> bool:
    """Whether the pool hears `host`; a crashed member counts as live for up to ten minutes.

    One without a row for its pulse is: that of a host that went stays, and says so.
    """
    metrics = host.home.one(HostMetrics, host.metrics)
    return metrics is None or metrics.live


def booted_at(host: Host) -> float | None:
    """Epoch seconds. Source: other_config boot_time, which the toolstack writes as a decimal number."""
    return moment(host.other_config.get("boot_time", "")) or None


def needs_reboot(host: Host) -> bool:
    """Whether updates work only once it has booted.

    Source: XenServer says so in guidances, or names the updates; on XCP-ng nothing does but a convention of Xen Orchestra's: who
    installs packages writes when into other_config, and a boot before that does not have them.
    """
    installed, booted = moment(host.other_config.get(INSTALLED, "")), booted_at(host)
    older = booted is not None and installed > booted
    return older or bool(host.updates_requiring_reboot) or any(one.startswith("reboot_host") for one in host.pending_guidances)


def memory_total(host: Host) -> int:
    """Bytes of memory in the machine; 0 where it was never measured."""
    metrics = host.home.one(HostMetrics, host.metrics)
    return metrics.memory_total if metrics else 0


def updates_unfinished(host: Host) -> bool:
    """Whether updates are installed that do not work yet."""
    return needs_reboot(host) or "restart_toolstack" in host.pending_guidances


def is_older(host: Host, other: Host | None) -> bool:
    """Whether it has an older platform than `other`: XAPI lets no running VM go back. Source: platform_version of both."""
    here, there = (_platform(one) for one in (other, host))
    return bool(here and there) and there < here


def _platform(host: Host | None) -> tuple[int, ...]:
    return _numbers(host.software_version.get("platform_version", "")) if host is not None else ()


@lru_cache(maxsize=64)
def _numbers(text: str) -> tuple[int, ...]:
    """Asked for each host and VM of a pool that is emptied."""
    parts = text.split(".")
    return tuple(map(int, parts)) if text and all(part.isascii() and part.isdigit() and len(part) < 9 for part in parts) else ()
