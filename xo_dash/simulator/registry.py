"""How hand-written parts announce themselves: decorators mark functions, `collect` finds them in the modules of classes/.

@message("VM.start")               a method of XAPI: (call, *parameters) -> result, sync or async
@allowed("VM")                     may `operation` run on this object now? (pool, ref, record, operation) -> XapiError | None
@http("GET", "/rrd_updates", ...)  an HTTP handler: async (HttpCall) -> Response
@background                        lives as long as the pool does: async (pool) -> None
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from starlette.responses import Response

    from .http import HttpCall
    from .pool import Pool

from .database import Record
from .errors import XapiError
from .paths import PATHS

Function = TypeVar("Function", bound=Callable[..., Any])
Handler = Callable[..., Any]
Check = Callable[["Pool", str, Record, str], XapiError | None]
Advert = Callable[["Pool", str, Record], list[str]]
HttpHandler = Callable[["HttpCall"], Awaitable["Response"]]
Background = Callable[["Pool"], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Mark:
    """What a decorator says of its function."""

    kind: str
    name: str
    path: str = ""
    realm: str = ""
    permission: str = ""


@dataclass(frozen=True, slots=True)
class HttpRoute:
    handler: HttpHandler
    realm: str  # of a 401
    permission: str  # "" = nobody is asked who he is


@dataclass(frozen=True, slots=True)
class Registry:
    messages: dict[str, Handler] = field(default_factory=dict)
    checks: dict[str, Check] = field(default_factory=dict)  # class -> its rule
    adverts: dict[str, Advert] = field(default_factory=dict)  # class -> its allowed_operations, where the rule says too much
    routes: dict[tuple[str, str], HttpRoute] = field(default_factory=dict)  # (method, path)
    backgrounds: list[Background] = field(default_factory=list)

    def add(self, module: ModuleType) -> None:
        for function in list(vars(module).values()):
            for mark in getattr(function, "__simulates__", ()):
                if function.__module__ != module.__name__:
                    continue
                if mark.kind == "message":
                    if mark.name in self.messages:
                        raise ValueError(f"{mark.name} is written twice")
                    self.messages[mark.name] = function
                elif mark.kind == "allowed":
                    self.checks[mark.name] = function
                elif mark.kind == "advertises":
                    self.adverts[mark.name] = function
                elif mark.kind == "http":
                    self.routes[mark.name, mark.path] = HttpRoute(function, mark.realm, mark.permission)
                else:
                    self.backgrounds.append(function)


def marked(mark: Mark) -> Callable[[Function], Function]:
    def keep(function: Function) -> Function:
        function.__simulates__ = (*getattr(function, "__simulates__", ()), mark)  # type: ignore[attr-defined]
        return function

    return keep


def message(*names: str) -> Callable[[Function], Function]:
    """One function may serve several methods; `call.method` tells which."""

    def keep(function: Function) -> Function:
        for name in names:
            marked(Mark("message", name))(function)
        return function

    return keep


def allowed(cls: str) -> Callable[[Function], Function]:
    return marked(Mark("allowed", cls))


def advertises(cls: str) -> Callable[[Function], Function]:
    return marked(Mark("advertises", cls))


def http(method: str, path: str, *, permission: str = "") -> Callable[[Function], Function]:
    """Realm and permission of xapi's own paths are known (paths.py); `permission` is for others, "" = nobody is asked."""
    realm, asked = PATHS.get((method, path), (path.strip("/"), permission))
    return marked(Mark("http", method, path, realm, asked))


def background(function: Function) -> Function:
    return marked(Mark("background", function.__name__))(function)


def collect() -> Registry:
    """Everything that the modules of the simulator and of classes/ announce; there is no list to keep."""
    here = importlib.import_module(__package__)
    registry = Registry()
    for found in pkgutil.walk_packages(here.__path__, __package__ + "."):
        if not found.name.endswith("__main__"):
            registry.add(importlib.import_module(found.name))
    return registry
