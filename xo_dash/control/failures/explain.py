"""From XAPI's code and arguments to one sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import zip_longest
from string import Formatter

from data.objects import VM
from data.texts import whole
from data.types import Home, XapiObject
from xo_dash.control.failures.families import family, known_codes
from xo_dash.control.failures.naming import LONGEST, OBJECTS, plain, spoken
from xo_dash.control.failures.network import network_reason
from xo_dash.control.failures.nowhere import why_nowhere
from xo_dash.control.failures.own import OWN, STORAGE, Sentence
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.i18n import N_
from xo_dash.xapi.errors import BadCertificate, BadPassword, BadReply, BadStatus, NotConnected, Timeout, Unreachable, XapiFailure

BACKEND = re.compile(r"SR_BACKEND_FAILURE_(\d+)")
ACRONYMS = re.compile(
    r"\b(ad|api|ca|cbt|cd|cpu|crl|dns|gpu|ha|hvm|id|igmp|ip|iso|ldap|lun|mac|nic|ntp|oem|ou|pbd|pci|pgpu|pif|pusb|pv|pvs|rrds|sm|smb|sr|sriov"
    r"|srs|ssh|ssl|tls|url|usb|vbd|vdi|vgpu|vif|vlan|vm|vmpp|vms|vmss|vss|vtpm|vusb|wlb|xapi)\b"
)

NO_PLACE = (OWN["NO_HOSTS_AVAILABLE"].message, OWN["HOST_NOT_ENOUGH_FREE_MEMORY"].bare)
"""XAPI found no host and does not say why: the mirror knows more."""

IN_TWO = N_("{fact} ({text})")
"""A failure of an SR's driver: our sentence, and its own words."""
UNVERIFIED = "certificate verify failed"
PACKED = 5
"""Errors in one that are shown."""


def explain(code: str, arguments: Sequence[str], home: Home | None, subject: XapiObject | None = None) -> LazyText:
    """The sentence for a failure; `home` is the pool it is of, whose objects get their names; `subject` what the command was for.

    Never raises, whatever the arguments.
    """
    if match := BACKEND.fullmatch(code):
        return _storage(int(match[1]), arguments, home)
    if code == "SR_BACKEND_FAILURE":
        return _storage(whole(arguments[0]) if arguments else 0, arguments[1:], home)
    if code == "CANNOT_EVACUATE_HOST" and arguments:
        return _packed(arguments[0], home)
    if code == "INTERNAL_ERROR" and UNVERIFIED in "".join(arguments[:1]):  # an exception of OCaml's, of stunnel between two hosts
        code, arguments = "SSL_VERIFY_ERROR", (UNVERIFIED,)
    if own := OWN.get(code):
        sentence = _own(own, arguments, home)
        if sentence.message in NO_PLACE and isinstance(subject, VM) and (reasons := why_nowhere(subject)):
            return reasons
        return sentence
    return LazyText(family(code), {"detail": _detail(code, arguments, home)})


def explain_error(error: Exception, home: Home | None, subject: XapiObject | None = None) -> tuple[LazyText, str]:
    """The sentence for whatever came out of a call, and XAPI's code if it was a failure of XAPI's (else the kind of error)."""
    match error:
        case BadPassword():  # our own; another pool's, as of a host that joins one, comes as the failure of a task
            return lazy(N_("the pool rejected this user name or password; edit the server")), error.code
        case XapiFailure():
            return explain(error.code, error.params, home, subject), error.code
        case NotConnected():
            words = lazy(N_("there is no connection to the pool, and nothing was sent; try again when it is back"))
        case Timeout():
            words = lazy(N_("the pool did not respond in time; the operation may still go on: check before trying again"))
        case Unreachable():
            words = lazy(
                N_("the connection to the pool was lost; the operation may still go on: check before trying again ({reason})"),
                reason=network_reason(str(error)),
            )
        case BadCertificate():
            words = lazy(N_("the certificate of the pool has changed, so nothing was sent; check the server in the settings"))
        case BadReply() if not (isinstance(error, BadStatus) and error.is_turned_away):
            words = lazy(
                N_("the pool's answer could not be read ({reason}); the operation may still go on: check before trying again"),
                reason=network_reason(str(error)),
            )
        case BadReply():
            words = lazy(
                N_("the address did not respond like a pool ({reason}); check the server's address"), reason=network_reason(str(error))
            )
        case _:
            words = lazy("{reason}", reason=plain(str(error)) or type(error).__name__)
    return words, type(error).__name__


def _own(own: Sentence, arguments: Sequence[str], home: Home | None) -> LazyText:
    """With what the arguments say, or without, if one that is needed says nothing."""
    needed = {field for _text, field, _format, _conversion in Formatter().parse(own.message) if field}
    names = own.names.split()
    # XAPI's calls differ in the order of two objects: VM_HOST_INCOMPATIBLE_VERSION_MIGRATE comes either way round
    orders = (arguments, arguments[::-1]) if len(names) == len(arguments) == len(OBJECTS.keys() & names) == 2 else (arguments,)
    for order in orders:
        values = {name: spoken(name, value, home) for name, value in zip(names, order, strict=False) if name in needed}
        if all(values.get(name) is not None for name in needed):
            return LazyText(own.message, values)
    return LazyText(own.bare)


def _packed(errors: str, home: Home | None) -> LazyText:
    """Source: host.assert_can_evacuate sends `code,argument|code,argument` in one text."""
    said: LazyText | None = None
    for error in errors.split("|")[:PACKED]:
        code, *arguments = error.split(",")
        reason = explain(code.strip(), arguments, home) if code.strip() != "CANNOT_EVACUATE_HOST" else None
        said = lazy("{before}; {line}", before=said, line=reason) if said and reason else said or reason
    return (
        lazy(N_("not all VMs can be migrated to other hosts: {reason}"), reason=said)
        if said
        else lazy(N_("not all VMs can be migrated to other hosts"))
    )


def _storage(number: int, arguments: Sequence[str], home: Home | None) -> LazyText:
    """Source: the driver's arguments are its output, its text and, for a probe, XML."""
    text = driver_text(arguments, home)
    known = STORAGE.get(number)
    if known is None:
        return lazy(N_("the SR's driver failed (error {number}: {text}); check the SR"), number=number, text=text or "–")
    return lazy(IN_TWO, fact=LazyText(known), text=text) if text else LazyText(known)


def driver_text(arguments: Sequence[str], home: Home | None) -> object | None:
    """What the driver of an SR says itself."""
    return spoken("", next((text for text in (*arguments[1:2], *arguments[:1]) if text and not text.startswith("<")), ""), home)


def gist(reason: LazyText) -> LazyText:
    """The sentence alone, without what the driver says itself."""
    fact = reason.values.get("fact") if reason.message == IN_TWO else None
    return fact if isinstance(fact, LazyText) else reason


def _detail(code: str, arguments: Sequence[str], home: Home | None) -> LazyText | str:
    """`PIF already bonded (PIF: eth0 of host-2)`: the code and its arguments, as readable as they get."""
    plain_code = spoken("", code, home) or ""  # a plugin may raise any text as a code
    words = ACRONYMS.sub(lambda match: match[0].upper(), plain(str(plain_code).lower().replace("_", " ")))
    names = known_codes().get(code, ())
    pairs: LazyText | None = None
    room = LONGEST
    for name, value in zip_longest(names[: len(arguments)], arguments, fillvalue=""):
        if (said := spoken(name.lower(), value, home)) is None:
            continue
        room -= len(str(said))
        if pairs and room < 0:  # a pool may send dozens of texts
            pairs = lazy("{before}…", before=pairs)
            break
        pair = lazy("{name}: {value}", name=name, value=said) if name else lazy("{value}", value=said)
        pairs = lazy("{before}, {pair}", before=pairs, pair=pair) if pairs else pair
    return lazy("{words} ({pairs})", words=words, pairs=pairs) if pairs else words or lazy(N_("no reason given"))
