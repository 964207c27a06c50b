"""Where the page of an object is: one place that knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from data.facts.pool import own_pool
from data.identity import key_of
from data.names import pool_name
from data.types import XapiObject
from data.views.about import About, shown_on
from data.views.appliance import ApplianceView
from data.views.host import HostView
from data.views.network import NetworkView
from data.views.pool import PoolView
from data.views.sr import SRView
from data.views.things import Thing
from data.views.vm import VMView

PREFIXES: Final[Mapping[type[XapiObject], str]] = {
    VMView.kind: "/vm/", HostView.kind: "/host/", PoolView.kind: "/pool/", SRView.kind: "/sr/", NetworkView.kind: "/network/",
    ApplianceView.kind: "/vapp/",
}  # fmt: skip


def path_of(row: XapiObject) -> str:
    """The path of the page that shows `row`: its own, or that of what it belongs to; "" if nothing shows it."""
    page, tab = shown_on(row)
    return _path(type(page), key_of(page), tab) if page is not None else ""


def pool_link(row: XapiObject) -> tuple[str, str]:
    """(name of the pool that `row` is in, path of its page)"""
    own = own_pool(row.home)
    return pool_name(row.home), path_of(own) if own is not None else ""


def path_to(thing: Thing) -> str:
    """The path of the page that shows what a view names."""
    return _path(thing.kind, thing.key)


def path_about(about: About) -> str:
    """The path of the page that shows what something is about; "" for what is gone or shown nowhere."""
    return _path(about.page.kind, about.page.key, about.tab) if about.page is not None else ""


def _path(kind: type[XapiObject], key: str, tab: str = "") -> str:
    return PREFIXES[kind] + quote(key, safe="@") + (f"/{tab}" if tab else "") if kind in PREFIXES else ""
