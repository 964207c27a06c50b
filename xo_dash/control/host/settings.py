"""What a host is set to: its iSCSI name, where its log goes, how it is powered on, multipathing, ssh, time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Final, TypeVar

from msgspec import Meta

from data.hosts import SYSLOG, has_multipathing, iscsi_name_of, syslog_of
from data.names import name_of
from data.objects import PBD, Host
from data.stores.users import Role
from xo_dash.control.action import Action, AnyAction, only_with
from xo_dash.control.host.conditions import guests, silent
from xo_dash.control.lazy_text import LazyText, lazy, named
from xo_dash.control.plan import Call, Plan, one
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.types import Line, called, one_of
from xo_dash.control.support import lacking
from xo_dash.control.writes import setting, setting_key
from xo_dash.i18n import N_

R = TypeVar("R", bound=Request)
IQN: Final = re.compile(r"(iqn\.\d{4}-\d{2}\.[a-z0-9.-]+(:[^\s]+)?|eui\.[0-9A-Fa-f]{16}|naa\.([0-9A-Fa-f]{16}|[0-9A-Fa-f]{32}))")
"""Source: RFC 3720, 3.2.6.3."""
ADDRESS: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.:_-]*[A-Za-z0-9])?")
"""A name or an address in a network."""
FACTORY, DHCP, CUSTOM, DISABLED = "Factory", "DHCP", "Custom", "Disabled"
TIME_SOURCES: Final[Mapping[str, str]] = {FACTORY: N_("As installed"), DHCP: N_("From DHCP"), CUSTOM: N_("Custom"), DISABLED: N_("None")}
Defaults = Callable[[Sequence[Host]], Mapping[str, object]]


class SetIscsiName(Request, frozen=True, kw_only=True):
    """What its iSCSI targets know it by."""

    name: Annotated[Line, Meta(min_length=1), called(N_("iSCSI name"), hint=N_("Like iqn.2026-11.lan.example:host-1"))]


class SetSyslog(Request, frozen=True, kw_only=True):
    """Where its log is sent as well; nowhere if empty."""

    server: Annotated[Line, called(N_("Syslog server"), hint=N_("Name or address; leave empty to keep the log on the host only"))] = ""


class SetMultipathing(Request, frozen=True, kw_only=True):
    """Several paths to one LUN."""

    on: Annotated[bool, called(N_("Multipathing"))] = True


class SetSsh(Request, frozen=True, kw_only=True):
    """Whether one can sign in by ssh."""

    on: Annotated[bool, called(N_("Allow SSH"))] = True


class SetTime(Request, frozen=True, kw_only=True):
    """Where it has the time from, and which it shows."""

    source: Annotated[
        str,
        called(N_("Time servers")),
        one_of(TIME_SOURCES),
    ] = FACTORY
    servers: Annotated[tuple[Line, ...], Meta(max_length=16), called(N_("Custom servers"), hint=N_("Comma separated"))] = ()
    timezone: Annotated[Line, called(N_("Time zone"), hint=N_("Like Europe/Berlin"))] = ""


# ---- what is wrong with it


def check_iscsi_name(request: SetIscsiName, host: Host) -> Iterator[Fault]:
    if not IQN.fullmatch(request.name):
        yield Fault("name", lazy(N_("an iSCSI name looks like {example}"), example="iqn.2026-11.lan.example:host-1"))
    twin = next((one for one in host.home.all(Host).values() if one is not host and iscsi_name_of(one) == request.name), None)
    if twin is not None:
        yield Fault("name", lazy(N_("{host} has this name; each host needs its own"), host=named(twin)))


def check_syslog(request: SetSyslog, host: Host) -> Iterator[Fault]:
    if request.server and not ADDRESS.fullmatch(request.server):
        yield Fault("server", lazy(N_("it must be a name or an address")))


def check_time(request: SetTime, host: Host) -> Iterator[Fault]:
    if request.source == CUSTOM and not request.servers:
        yield Fault("servers", lazy(N_("enter at least one server")))
    for server in request.servers:
        if not ADDRESS.fullmatch(server):
            yield Fault("servers", lazy(N_("{server} is not a name or an address"), server=server))


# ---- what is done


def set_iscsi_name(request: SetIscsiName, host: Host) -> Plan:
    says = lazy(N_("Setting the iSCSI name of {name}"), name=name_of(host))
    if lacking(host.home, "host.set_iscsi_iqn"):
        yield from setting_key(host, "other_config", "iscsi_iqn", request.name, says)
        return
    yield from setting(host, "iscsi_iqn", request.name, iscsi_name_of(host), says, asynchronous=True)


def set_syslog(request: SetSyslog, host: Host) -> Plan:
    if request.server == syslog_of(host):
        return
    name = name_of(host)
    yield from setting_key(host, "logging", SYSLOG, request.server or None, lazy(N_("Setting the syslog server of {name}"), name=name))
    yield Call("host.syslog_reconfigure", host.ref, says=lazy(N_("Restarting the log of {name}"), name=name))


def set_multipathing(request: SetMultipathing, host: Host) -> Plan:
    """Its SRs are detached meanwhile: what is attached keeps its paths."""
    if request.on == has_multipathing(host):
        return
    name = name_of(host)
    attached = [pbd for pbd in host.all_of(PBD, host.PBDs) if pbd.currently_attached]
    for pbd in attached:
        yield Call("PBD.unplug", pbd.ref, says=lazy(N_("Detaching SRs of {name}"), name=name), undo=_plugging(pbd, name))
    says = lazy(N_("Enabling multipathing on {name}") if request.on else N_("Disabling multipathing on {name}"), name=name)
    if lacking(host.home, "host.set_multipathing"):
        yield from setting_key(host, "other_config", "multipathing", "true" if request.on else "false", says)
        yield from setting_key(host, "other_config", "multipathhandle", "dmp", says)  # the only one there is
    else:
        yield from setting(host, "multipathing", request.on, not request.on, says, asynchronous=True)
    for pbd in attached:
        yield Call("PBD.plug", pbd.ref, says=lazy(N_("Attaching SRs of {name}"), name=name))


def _plugging(pbd: PBD, name: str) -> Callable[[object], Plan]:
    return lambda _answer: one("PBD.plug", pbd.ref, says=lazy(N_("Attaching SRs of {name}"), name=name))


def set_ssh(request: SetSsh, host: Host) -> Plan:
    if request.on != host.ssh_enabled:
        says = lazy(N_("Enabling SSH on {name}") if request.on else N_("Disabling SSH on {name}"), name=name_of(host))
        yield Call("host.enable_ssh" if request.on else "host.disable_ssh", host.ref, says=says, asynchronous=False)


def set_time(request: SetTime, host: Host) -> Plan:
    name = name_of(host)
    servers = list(dict.fromkeys(request.servers))
    says = lazy(N_("Setting the time servers of {name}"), name=name)
    if request.source == CUSTOM:
        yield from setting(host, "ntp_custom_servers", servers, host.ntp_custom_servers, says)
    yield from setting(host, "ntp_mode", request.source, host.ntp_mode, says)
    if request.timezone:
        yield from setting(host, "timezone", request.timezone, host.timezone, lazy(N_("Setting the time zone of {name}"), name=name))


# ---- when it can be done


def not_in_maintenance(host: Host) -> LazyText | None:
    """SRs are detached for it, so nothing may run there."""
    return silent(host) or (lazy(N_("put it into maintenance mode first")) if host.enabled or guests(host) else None)


def common(value: Callable[[Host], Any], field: str) -> Defaults:
    """What a dialog begins with: what the hosts have in common."""

    def found(hosts: Sequence[Host]) -> Mapping[str, object]:
        values = [value(host) for host in hosts]
        return {field: values[0]} if all(one == values[0] for one in values) else {}

    return found


def _row(
    command: str, request: type[R], title: str, done: str, plan: Callable[[R, Host], Plan], defaults: Defaults,
    applies_to: Callable[[Host], bool] = lambda host: True, blocked: Callable[[Host], LazyText | None] = silent, **row: Any,
) -> AnyAction:  # fmt: skip
    return Action(
        id=f"host.{command}", kind=Host, request=request, title=title, done=done, role=Role.ADMIN, icon="edit", group="settings",
        applies_to=applies_to, blocked=blocked, plan=plan, defaults=defaults, **row,
    )  # fmt: skip


SETTINGS: Final[tuple[AnyAction, ...]] = (
    _row("iscsi_name", SetIscsiName, N_("Set iSCSI name"), N_("The iSCSI name of {name} is set"), set_iscsi_name,
         common(iscsi_name_of, "name"), check=check_iscsi_name,
         warning=N_("iSCSI targets that allow this host by its name have to be changed to the new name. Attached SRs keep the old name.")),
    _row("syslog", SetSyslog, N_("Set syslog server"), N_("The syslog server of {name} is set"), set_syslog,
         common(syslog_of, "server"), check=check_syslog),
    _row("multipathing", SetMultipathing, N_("Set multipathing"), N_("Multipathing of {name} is set"), set_multipathing,
         common(has_multipathing, "on"), blocked=not_in_maintenance),
    _row("ssh", SetSsh, N_("Set SSH"), N_("SSH of {name} is set"), set_ssh, common(lambda host: host.ssh_enabled, "on"),
         applies_to=lambda host: host.ssh_enabled_timeout >= 0),
    _row("time", SetTime, N_("Set time"), N_("The time of {name} is set"), set_time,
         lambda hosts: {"source": hosts[0].ntp_mode, "servers": tuple(hosts[0].ntp_custom_servers), "timezone": hosts[0].timezone},
         applies_to=lambda host: bool(host.ntp_mode), needless=only_with("source", CUSTOM, "servers"), check=check_time),
)  # fmt: skip
