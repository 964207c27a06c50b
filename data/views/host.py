"""A host as it is shown. Amounts are bytes, moments epoch seconds; what nobody knows is 0, None or ""."""

from __future__ import annotations

from typing import ClassVar, Final, TypeVar

from data import hosts, pool_updates
from data.facts import host as facts
from data.facts.pool import is_master, own_pool
from data.findings.registry import FindingRegistry
from data.guidance import FIELDS as GUIDANCE
from data.guidance import guidance_of_host, waiting_among
from data.history import History
from data.maintenance import away_from
from data.names import name_of, pool_name
from data.objects import VM, Host
from data.placement import guests_on
from data.views import path, port
from data.views.things import GUEST, NAME, POOL_NAME, maybe, tags_of, via
from data.views.view import FINDINGS, HISTORY, Fact, View, is_present

V = TypeVar("V")
STATE: Final = ("enabled", "metrics.live")
RESIDENTS: Final = ("resident_VMs", *via("resident_VMs", *GUEST, "name_label"))
_UPDATES: Final = via("PoolUpdate", "hosts", "vdi", "name_label", "version", "name_description", "after_apply_guidance", "uuid")
_HELD: Final = ("memory_dynamic_max", "memory_dynamic_min", "memory_overhead")


class _Fact(Fact[Host, V]):
    pass


class HostView(View[Host]):
    """Everything that is shown of a host."""

    kind: ClassVar = Host

    present = _Fact(is_present)
    """False once it has left its pool; all else stays as it was last."""
    name = _Fact(name_of, *NAME, "hostname")
    description = _Fact(lambda host: host.name_description.strip(), "name_description")
    tags = _Fact(tags_of, "tags")
    pool = _Fact(lambda host: pool_name(host.home), *POOL_NAME)
    """Its name."""
    own_pool = _Fact(lambda host: maybe(own_pool(host.home)), *POOL_NAME)
    is_fresh = _Fact(lambda host: host.home.server.is_live, "Server.state")
    """Whether the picture is of now: its pool is connected."""
    is_master = _Fact(is_master, "Pool.master")
    control_domain = _Fact(lambda host: maybe(host.home.one(VM, host.control_domain)), *via("control_domain", "name_label", "uuid"))
    """What its own console belongs to."""

    state = _Fact(facts.host_state, *STATE)
    away_count = _Fact(lambda host: away_from(host).total, "other_config", "VM.power_state", "VM.resident_on")
    """How many VMs left it for maintenance and are still to be brought back."""
    booted = _Fact(facts.booted_at, "other_config")
    toolstack_started = _Fact(hosts.toolstack_started_at, "other_config")
    guidance = _Fact(guidance_of_host, *GUIDANCE, "updates_requiring_reboot", "other_config")
    """What is to be done for updates to work."""
    waiting_vms = _Fact(
        lambda host: waiting_among(guests_on(host)), *RESIDENTS, "metrics.live", *via("resident_VMs", "power_state", *GUIDANCE)
    )
    """Those on it that are to be restarted for updates to work."""
    updates_unfinished = _Fact(facts.updates_unfinished, "pending_guidances", "updates_requiring_reboot", "other_config")
    updates_uploaded = _Fact(lambda host: tuple(map(pool_updates.seen, pool_updates.uploaded_for(host))), *_UPDATES)
    """Of XenServer 7: those that its pool has and it lacks."""
    updates_applied = _Fact(lambda host: tuple(map(pool_updates.seen, pool_updates.applied_to(host))), *_UPDATES)
    load = _Fact(lambda host: host.home.part(History).load(host.uuid), HISTORY)
    """What was measured last."""
    level = _Fact(lambda host: host.home.part(FindingRegistry).mark(host), FINDINGS)
    """The worst that is told of it."""

    guest_count = _Fact(lambda host: sum(1 for _vm in guests_on(host)), *RESIDENTS)
    """How many VMs are on it."""
    memory = _Fact(
        hosts.account_of,
        "metrics.memory_total",
        "memory_overhead",
        *via("control_domain", *_HELD),
        *via("resident_VMs", *_HELD),
        *RESIDENTS,
    )
    """Who has it; by setting, not measured."""
    ports = _Fact(lambda host: tuple(port.seen(one.pif) for one in hosts.ports_of(host)), *via("PIFs", *port.PORT))
    paths = _Fact(lambda host: tuple(map(path.seen, hosts.paths_of(host))), *via("PBDs", *path.PATH))

    address = _Fact(lambda host: host.address, "address")
    dns = _Fact(hosts.dns_of, "PIFs.management", "PIFs.DNS")
    search_domains = _Fact(hosts.search_domains_of, "PIFs.management", "PIFs.other_config")
    machine = _Fact(hosts.machine_of, "bios_strings")
    """Maker and model."""
    cpus = _Fact(hosts.cpus_of, "cpu_info")
    product = _Fact(hosts.product_of, "software_version")
    """`XCP-ng 8.3.0`"""
    versions = _Fact(lambda host: host.software_version, "software_version")
    """{what: version}, as XAPI calls it: `xen`, `linux`."""
    certificate_ends = _Fact(hosts.certificate_ends_at, "certificates.not_after", "certificates.type")
    has_multipathing = _Fact(hosts.has_multipathing, "multipathing", "other_config")
    iscsi_name = _Fact(hosts.iscsi_name_of, "other_config")
    syslog = _Fact(hosts.syslog_of, "logging")
    power_on_mode = _Fact(lambda host: host.power_on_mode, "power_on_mode")
    """As XAPI calls it; "" where it cannot be powered on."""
    ssh = _Fact(hosts.ssh_of, "ssh_enabled", "ssh_enabled_timeout")
    time_source = _Fact(lambda host: host.ntp_mode, "ntp_mode")
    """As XAPI calls it; "" where this xapi does not tell."""
    time_servers = _Fact(hosts.time_servers_of, "ntp_mode", "ntp_custom_servers")
    timezone = _Fact(lambda host: host.timezone, "timezone")
