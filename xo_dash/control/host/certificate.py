"""The certificate by which a host is known to browsers and tools: another one, or a fresh one of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Final

from msgspec import Meta

from data.names import name_of
from data.objects import Host
from data.stores.users import Role
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.host.conditions import silent
from xo_dash.control.labels import always
from xo_dash.control.lazy_text import lazy
from xo_dash.control.plan import Call, Plan, one
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import NoRequest, Request
from xo_dash.control.requests.types import called
from xo_dash.i18n import N_

LONGEST: Final = 64 << 10
Pem = Annotated[str, Meta(max_length=LONGEST)]
BLOCK: Final = re.compile(r"-----BEGIN ([A-Z0-9 ]{1,40})-----([A-Za-z0-9+/=\s]*)-----END \1-----")
"""One of them. A field of one line takes the ends of lines away when one pastes into it; they are put back."""
WIDTH: Final = 64
CERTIFICATE: Final = "CERTIFICATE"


class InstallCertificate(Request, frozen=True, kw_only=True):
    """A certificate of an authority, or of one's own, in PEM."""

    certificate: Annotated[Pem, called(N_("Certificate"), hint=N_("PEM, beginning with -----BEGIN CERTIFICATE-----"))]
    key: Annotated[Pem, Meta(extra={"secret": True}), called(N_("Private key"), hint=N_("PEM, without a password"))]
    chain: Annotated[Pem, called(N_("Certificates of the authority"), hint=N_("PEM; leave empty if there are none"))] = ""


def blocks(text: str) -> list[tuple[str, str]]:
    """[(what it is, the PEM of it)]"""
    return [(kind, _wrapped(kind, re.sub(r"\s", "", body))) for kind, body in BLOCK.findall(text)]


def _wrapped(kind: str, body: str) -> str:
    lines = [body[at : at + WIDTH] for at in range(0, len(body), WIDTH)]
    return "\n".join((f"-----BEGIN {kind}-----", *lines, f"-----END {kind}-----", ""))


def check(request: InstallCertificate, host: Host) -> Iterator[Fault]:
    found = [kind for kind, _pem in blocks(request.certificate)]
    if found != [CERTIFICATE]:
        yield Fault("certificate", lazy(N_("it must be one certificate in PEM")))
    keys = [kind for kind, _pem in blocks(request.key)]
    if len(keys) != 1 or not keys[0].endswith("PRIVATE KEY"):
        yield Fault("key", lazy(N_("it must be one private key in PEM")))
    elif keys[0].startswith("ENCRYPTED"):
        yield Fault("key", lazy(N_("the key has a password; remove it first")))
    if request.chain.strip() and {kind for kind, _pem in blocks(request.chain)} != {CERTIFICATE}:
        yield Fault("chain", lazy(N_("it must be certificates in PEM")))


def install(request: InstallCertificate, host: Host) -> Plan:
    parts = ["".join(pem for _kind, pem in blocks(text)) for text in (request.certificate, request.key, request.chain)]
    says = lazy(N_("Installing a certificate on {name}"), name=name_of(host))
    yield Call("host.install_server_certificate", host.ref, *parts, says=says)


def reset(request: NoRequest, host: Host) -> Plan:
    return one("host.reset_server_certificate", host.ref, says=lazy(N_("Making a new certificate for {name}"), name=name_of(host)))


WARNING: Final = N_("If xo-dash connects to this host, its new certificate has to be trusted in the settings before it connects again.")
INSTALL_CERTIFICATE: Final[AnyAction] = Action(
    id="host.install_certificate", kind=Host, request=InstallCertificate, title=N_("Install certificate"),
    done=N_("The certificate of {name} is installed"), role=Role.ADMIN, icon="edit", group="settings", applies_to=always, blocked=silent,
    needs=("host.install_server_certificate",), check=check, plan=install, warning=WARNING,
)  # fmt: skip
RESET_CERTIFICATE: Final[AnyAction] = Action(
    id="host.reset_certificate", kind=Host, title=N_("New self-signed certificate"), done=N_("{name} has a new certificate"),
    role=Role.ADMIN, icon="reboot", group="settings", applies_to=always, blocked=silent, plan=reset, warning=WARNING,
    needs=("host.reset_server_certificate",),
)  # fmt: skip
