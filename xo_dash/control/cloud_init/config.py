"""What a VM is told at its first boot, as people say it, and the texts that it becomes."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Final

import yaml
from msgspec import Meta
from passlib.hash import sha512_crypt

from xo_dash.control.cloud_init.check import faults_of_text
from xo_dash.control.lazy_text import lazy
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.types import Secret, called
from xo_dash.i18n import N_

LONGEST_TEXT: Final = 64 << 10
"""Characters of user-data: what most readers take."""
USER: Final = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
HOST: Final = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(?:\.(?!-)[A-Za-z0-9-]{1,63}(?<!-)){0,8}")
PACKAGE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9+._:=~-]{0,127}")
KEY: Final = re.compile(r"(?:ssh-|ecdsa-|sk-)[a-z0-9@.-]{3,60} [A-Za-z0-9+/]{16,16000}={0,3}(?: [^\x00-\x1f\x7f]{0,200})?")
ROUNDS: Final = 100_000
"""Of the password's hash: a tenth of a second of one core."""
Text = Annotated[str, Meta(extra={"secret": True}, max_length=LONGEST_TEXT)]
"""Of somebody's own; it may hold passwords, so it is as secret as one."""
Short = Annotated[str, Meta(max_length=255)]


@dataclass(frozen=True, slots=True)
class GuestNic:
    """As far as the guest's configuration goes."""

    mac: str  # "" where the pool makes one


class CloudInit(Request, frozen=True, kw_only=True):
    """What cloud-init does at the first boot. With a `text` of one's own, that is the user-data, and the fields for users are not used."""

    user: Annotated[Short, called(N_("User"))] = ""
    password: Annotated[Secret, called(N_("Password"), hint=N_("Only its hash is written"))] = ""
    ssh_keys: Annotated[tuple[Annotated[str, Meta(max_length=16384)], ...], called(N_("SSH keys")), Meta(max_length=50)] = ()
    hostname: Annotated[Short, called(N_("Hostname"), hint=N_("Default: from the name"))] = ""
    packages: Annotated[tuple[Short, ...], called(N_("Packages")), Meta(max_length=200)] = ()
    update: Annotated[bool, called(N_("Update packages at first boot"))] = False
    address: Annotated[Short, called(N_("Address"), hint=N_("With the prefix, like 192.168.1.20/24; default: DHCP"))] = ""
    gateway: Annotated[Short, called(N_("Gateway"))] = ""
    dns: Annotated[tuple[Short, ...], called(N_("DNS servers")), Meta(max_length=8)] = ()
    text: Annotated[Text, called(N_("User-data"))] = ""
    remove: Annotated[bool, called(N_("Remove the disk after the first boot"))] = True


def hostname_of(config: CloudInit, name: str) -> str:
    """As said; else made of the VM's name: letters, digits and hyphens."""
    if config.hostname:
        return config.hostname
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:63].strip("-") or "vm"


def user_data(config: CloudInit, name: str, *, hidden: bool = False) -> str:
    """The text for cloud-init. `hidden`: to be shown, the password left out and not hashed."""
    if config.text.strip():
        return config.text if config.text.endswith("\n") else config.text + "\n"
    data: dict[str, Any] = {"hostname": hostname_of(config, name)}
    if config.user:
        data["users"] = ["default", _user(config, hidden=hidden)]
    else:
        if config.ssh_keys:
            data["ssh_authorized_keys"] = list(config.ssh_keys)
        if config.password:
            data |= {"password": _hashed(config.password, hidden=hidden), "chpasswd": {"expire": False}}
    if config.password:
        data["ssh_pwauth"] = True
    if config.update:
        data["package_update"] = data["package_upgrade"] = True
    if config.packages:
        data |= {"package_update": True, "packages": list(config.packages)}
    data["growpart"] = {"mode": "auto"}
    return "#cloud-config\n" + str(yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=10_000))


def _user(config: CloudInit, *, hidden: bool) -> dict[str, Any]:
    user: dict[str, Any] = {"name": config.user, "groups": "sudo, wheel", "sudo": "ALL=(ALL) NOPASSWD:ALL", "shell": "/bin/bash"}
    if config.password:
        user |= {"lock_passwd": False, "passwd": _hashed(config.password, hidden=hidden)}
    if config.ssh_keys:
        user["ssh_authorized_keys"] = list(config.ssh_keys)
    return user


def _hashed(password: str, *, hidden: bool) -> str:
    return "•••" if hidden else str(sha512_crypt.using(rounds=ROUNDS).hash(password))


def network_config(config: CloudInit, nics: tuple[GuestNic, ...]) -> str:
    """Version 2; "" for DHCP, which is what cloud-init does by itself. Of several NICs the first is meant.

    `gateway4` is older than routes, and read by all versions.
    """
    if not config.address:
        return ""
    four = ipaddress.ip_interface(config.address).version == 4
    mac = nics[0].mac if nics else ""
    card: dict[str, Any] = {"match": {"macaddress": mac.lower()} if mac else {"name": "e*"}, "addresses": [config.address]}
    if config.gateway:
        card["gateway4" if four else "gateway6"] = config.gateway
    if config.dns:
        card["nameservers"] = {"addresses": list(config.dns)}
    return str(yaml.safe_dump({"version": 2, "ethernets": {"nic0": card}}, sort_keys=False))


# ---- what is wrong with it


def faults(config: CloudInit, nics: tuple[GuestNic, ...]) -> Iterator[Fault]:
    """By field."""
    if config.user and USER.fullmatch(config.user) is None:
        yield Fault("user", lazy(N_("a user name has 1 to 32 lowercase letters, digits, - and _, and begins with a letter")))
    if config.hostname and HOST.fullmatch(config.hostname) is None:
        yield Fault("hostname", lazy(N_("a hostname has letters, digits and hyphens, at most 63 between dots")))
    if not config.password.isprintable():
        yield Fault("password", lazy(N_("only visible characters are allowed")))
    for number, key in enumerate(config.ssh_keys, 1):
        if KEY.fullmatch(key) is None:
            yield Fault("ssh_keys", lazy(N_("line {n} is not a public SSH key; keys begin like “ssh-ed25519 AAAA…”"), n=number))
            break
    wrong = next((one for one in config.packages if PACKAGE.fullmatch(one) is None), None)
    if wrong is not None:
        yield Fault("packages", lazy(N_("“{name}” is not a package name"), name=wrong[:80]))
    yield from _network_faults(config, nics)
    if config.text.strip():
        yield from (Fault("text", reason) for reason in faults_of_text(config.text))


def _network_faults(config: CloudInit, nics: tuple[GuestNic, ...]) -> Iterator[Fault]:
    address = _interface(config.address)
    if config.address and (address is None or "/" not in config.address):
        yield Fault("address", lazy(N_("it must be an address with its prefix, like 192.168.1.20/24")))
    elif config.address and not nics:
        yield Fault("address", lazy(N_("the VM has no NIC; add one, or leave the address out")))
    elif config.address and len(nics) > 1 and not nics[0].mac:
        yield Fault("address", lazy(N_("with several NICs, give the first one a MAC address so that the guest can identify it")))
    gateway = _address(config.gateway)
    if config.gateway and gateway is None:
        yield Fault("gateway", lazy(N_("it must be an IP address")))
    elif config.gateway and not config.address:
        yield Fault("gateway", lazy(N_("a gateway needs a static address; DHCP provides its own")))
    elif gateway is not None and address is not None and gateway not in address.network:
        yield Fault("gateway", lazy(N_("{gateway} is not in the network {network}"), gateway=config.gateway, network=str(address.network)))
    for one in config.dns:
        if _address(one) is None:
            yield Fault("dns", lazy(N_("“{name}” is not an IP address"), name=one[:80]))
            break


def _interface(text: str) -> ipaddress.IPv4Interface | ipaddress.IPv6Interface | None:
    try:
        return ipaddress.ip_interface(text)
    except ValueError:
        return None


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
