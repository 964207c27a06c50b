"""The types of fields: what each takes, and what it is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta

from data.objects import SR, VDI, VM, Host, Network, PoolUpdate
from data.types import XapiObject

LONGEST_NAME = 255
LONGEST_TEXT = 4000


def called(title: str, *, hint: str = "", stays: bool = False) -> Meta:
    """What people call a field: `name: Annotated[Name, called(N_("Name"))]`. `stays`: None leaves as it is what it sets."""
    return Meta(title=title, description=hint or None, extra={"stays": stays})


def an_object(kind: type[XapiObject], *, missing: str = "", anywhere: bool = False) -> Meta:
    """One of the pool, by its uuid; `missing` says that it is no longer there, where the usual sentence would not do.

    `anywhere`: it may be of another pool, as `uuid@pool`; see `data.identity.seen_from`.
    """
    schema = {"x-kind": kind.xapi_class} if anywhere else {"format": "uuid", "x-kind": kind.xapi_class}
    return Meta(extra={"kind": kind, "missing": missing, "anywhere": anywhere}, extra_json_schema=schema)


def one_of(options: Mapping[str, str]) -> Meta:
    """One of a few words: {value: what people call it}. `Annotated[str, one_of({"bios": N_("BIOS"), "uefi": N_("UEFI")})]`"""
    return Meta(extra={"options": options}, extra_json_schema={"enum": list(options)})


Name = Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME, extra={"line": True})]
"""What XAPI's name_label takes: one line that can be seen."""
NamePattern = Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME, extra={"line": True, "pattern": True})]
"""A name in which `{name}` stands for the name of each object."""
Line = Annotated[str, Meta(max_length=LONGEST_NAME, extra={"line": True})]
"""One line that can be seen, or nothing."""
Lines = Annotated[str, Meta(max_length=LONGEST_TEXT, extra={"lines": True})]
"""What XAPI's name_description takes: lines of text, or nothing. No control characters: XML cannot carry them."""
Secret = Annotated[str, Meta(extra={"secret": True})]
"""Never written to the audit, never shown."""
Size = Annotated[int, Meta(ge=1, le=1 << 50, extra={"size": True})]
"""Bytes; people may write `20 GiB`."""
GibSize = Annotated[int, Meta(ge=1, le=1 << 50, extra={"size": True, "bare": "G"})]
"""Bytes; in a text a bare number is of GiB: `20`."""
PoolUpdateUuid = Annotated[str, an_object(PoolUpdate)]
HostUuid = Annotated[str, an_object(Host)]
SRUuid = Annotated[str, an_object(SR)]
VMUuid = Annotated[str, an_object(VM)]
VDIUuid = Annotated[str, an_object(VDI)]
NetworkUuid = Annotated[str, an_object(Network)]
AnyHost = Annotated[str, an_object(Host, anywhere=True)]
AnySR = Annotated[str, an_object(SR, anywhere=True)]
AnyNetwork = Annotated[str, an_object(Network, anywhere=True)]
