"""The packages of a host that there are updates for, as data: (name, installed, available, bytes, license, url, what it is)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

RELEASE = "xcpng8.3"


@dataclass(frozen=True, slots=True)
class Package:
    """Versions are `version-release`, without the release of the distribution; `news` is the newest entry of its changelog."""

    name: str
    installed: str
    available: str
    size: int
    license: str
    url: str
    what: str
    news: str = ""
    arch: str = "x86_64"
    asks: str = ""  # guidance after its update


def packages() -> Sequence[Package]:
    """In the order in which yum lists them; those with equal versions are up to date."""
    return (
        Package("xen-hypervisor", "4.17.5-20.1", "4.17.5-23.1", 3_270_512, "GPLv2", "https://www.xenproject.org",
                "The Xen hypervisor", "Security update: x86 shadow paging", asks="reboot_host"),
        Package("xen-dom0-tools", "4.17.5-20.1", "4.17.5-23.1", 861_204, "GPLv2", "https://www.xenproject.org",
                "Xen userspace tools for dom0", "Security update: x86 shadow paging", asks="reboot_host"),
        Package("xen-dom0-libs", "4.17.5-20.1", "4.17.5-23.1", 552_960, "GPLv2", "https://www.xenproject.org",
                "Xen libraries for dom0", "Security update: x86 shadow paging", asks="reboot_host"),
        Package("kernel", "4.19.19-8.0.42.1", "4.19.19-8.0.44.1", 31_120_412, "GPLv2", "https://www.kernel.org",
                "The Linux kernel", "Fix use after free in net/sched", asks="reboot_host"),
        Package("microcode_ctl", "20250812-1", "20251111-1", 13_042_688, "Redistributable, no modification permitted", "",
                "Tool to transform and deploy CPU microcode update", "New microcode of this month", asks="reboot_host"),
        Package("xapi-core", "25.33.1-2.3", "25.33.1-2.5", 9_881_600, "LGPL-2.1-or-later WITH OCaml-LGPL-linking-exception",
                "https://github.com/xapi-project/xen-api", "The xapi toolstack", "Fix leak of file descriptors in migrations",
                asks="restart_toolstack"),
        Package("xapi-xe", "25.33.1-2.3", "25.33.1-2.5", 1_002_844, "LGPL-2.1-or-later WITH OCaml-LGPL-linking-exception",
                "https://github.com/xapi-project/xen-api", "The xapi toolstack's command line", "Rebuild"),
        Package("sm", "3.2.12-10.1", "3.2.12-11.1", 410_220, "LGPL", "https://github.com/xcp-ng/sm",
                "Storage managers", "Leaf coalesce survives a full SR", asks="restart_toolstack"),
        Package("qemu", "4.2.1-5.2.15.1", "4.2.1-5.2.15.1", 9_221_120, "GPL", "", "qemu-dm device model"),
        Package("openssl", "1.0.2k-26.1", "1.0.2k-26.2", 503_808, "OpenSSL", "https://www.openssl.org",
                "Utilities from the general purpose cryptography library", "Backport of a fix of this year"),
        Package("xcp-ng-xapi-plugins", "1.14.0-1", "1.15.0-1", 66_560, "AGPLv3", "https://github.com/xcp-ng/xcp-ng-xapi-plugins",
                "XCP-ng additional XAPI plugins", "New release", arch="noarch"),
        Package("xo-lite", "0.16.0-1", "0.17.0-1", 2_103_296, "AGPL3-only", "https://github.com/vatesfr/xen-orchestra",
                "Xen Orchestra Lite", "New release", arch="noarch"),
        Package("guest-templates-json", "2.0.15-1.1", "2.0.15-1.1", 24_576, "BSD", "", "Default guest templates", arch="noarch"),
    )  # fmt: skip
