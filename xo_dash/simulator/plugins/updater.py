"""updater.py: the packages of an XCP-ng host, its repositories and their proxies."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from .. import tasks
from ..call import Call
from ..classes import durations
from .packages import RELEASE, Package, packages
from .script import Functions, command_failed, failure, kept, needed

PATIENCE = 10.0  # seconds that install and update wait for others
REPOSITORIES = ("xcp-ng-base", "xcp-ng-updates", "xcp-ng-candidates", "xcp-ng-testing", "xcp-ng-lab")
DEFAULTS = ("xcp-ng-base", "xcp-ng-updates", "xcp-ng-linstor")
BUILT = 1_762_000_000  # seconds since the epoch: the newest entry of each changelog
NO_PROXY = "_none_"
MAINTAINER = "XCP-ng packages <packages@xcp-ng.example>"


def release(call: Call) -> str:
    return "xcpng8.2" if call.pool.dialect.name == "xcpng-8.2" else RELEASE


def versions(call: Call, host: str) -> dict[str, str]:
    """{package: version-release}, as it is installed on this host."""
    installed: dict[str, str] = kept(call, host, "updater").setdefault("installed", {p.name: p.installed for p in packages()})
    return installed


def outdated(call: Call, host: str) -> list[Package]:
    installed = versions(call, host)
    return [package for package in packages() if package.name in installed and installed[package.name] != package.available]


class Locked:
    """`async with`: nobody else works with the packages of this host; others wait, or are told that it is busy."""

    def __init__(self, call: Call, host: str, operation: str, patience: float = 0.0) -> None:
        self.call, self.operation, self.patience = call, operation, patience
        self.state = kept(call, host, "updater")

    async def __aenter__(self) -> None:
        while current := self.state.get("operation"):
            if self.operation == current == "update":
                raise failure("Update already in progress")
            if self.patience <= 0:
                raise failure(f"The updater plugin is busy (current operation: {current})")
            await self.call.sleep(1.0)
            self.patience -= 1.0
        self.state["operation"] = self.operation

    async def __aexit__(self, *_: object) -> None:
        self.state["operation"] = ""


async def check_update(call: Call, host: str, _arguments: Mapping[str, str]) -> str:
    async with Locked(call, host, "check_update"):
        await call.sleep(durations.seconds(call.pool, "yum_check"))
        return json.dumps([shown(call, package) for package in outdated(call, host)])


def shown(call: Call, package: Package) -> dict[str, Any]:
    version, _, number = package.available.partition("-")
    news = {"date": BUILT, "author": f"{MAINTAINER} - {package.available}", "description": f"- {package.news}"} if package.news else None
    return {"name": package.name, "version": version, "release": f"{number}.{release(call)}", "description": package.what,
            "changelog": news, "url": package.url or None, "size": package.size, "license": package.license}  # fmt: skip


async def update(call: Call, host: str, arguments: Mapping[str, str]) -> str:
    """All packages, or those that are named; answers what yum said."""
    async with Locked(call, host, "update", PATIENCE):
        wanted = names(arguments)
        chosen = [package for package in outdated(call, host) if not wanted or package.name in wanted]
        return await yum(call, host, "update", arguments, chosen)


async def install(call: Call, host: str, arguments: Mapping[str, str]) -> str:
    async with Locked(call, host, "install", PATIENCE):
        if not arguments.get("packages"):
            raise failure("Missing or empty argument `packages`")
        known = {package.name: package for package in packages()}
        wanted = names(arguments)
        if unknown := [name for name in wanted if name not in known]:
            told = "".join(f"No package {name} available.\\n" for name in unknown)
            raise command_failed(command("install", arguments), 1, f"{told}Error: Nothing to do\\n")
        return await yum(call, host, "install", arguments, [known[name] for name in wanted])


def names(arguments: Mapping[str, str]) -> list[str]:
    return [name for name in re.split(r"[\s,]+", arguments.get("packages", "")) if name]


def command(action: str, arguments: Mapping[str, str]) -> list[str]:
    repositories = [name for name in DEFAULTS if name in REPOSITORIES]
    repositories += [name for name in REPOSITORIES if name in arguments.get("repos", "") and name not in repositories]
    named = [arguments["packages"]] if arguments.get("packages") else []
    return ["yum", action, "--disablerepo=*", f"--enablerepo={','.join(repositories)}", "-y", *named]


async def yum(call: Call, host: str, action: str, arguments: Mapping[str, str], chosen: list[Package]) -> str:
    """Takes a while for each package; a task of the script's own shows that something happens."""
    machine = f"host {call.db.get(host, 'name_label')} ({call.db.get(host, 'uuid')})"
    what = f"{action.capitalize()} {arguments['packages']} on {machine}" if arguments.get("packages") else f"Update {machine}"
    task = tasks.create(call.pool, what, host=host)
    try:
        for package in chosen:
            await call.sleep(durations.seconds(call.pool, "yum_package"))
            versions(call, host)[package.name] = package.available
    finally:
        if call.db.exists(task):
            call.db.destroy(task)
    lines = [f"  {package.name}.{package.arch} 0:{package.available}.{release(call)}" for package in chosen]
    done = "\n".join(["Updated:" if action == "update" else "Installed:", *lines, "", "Complete!", ""])
    out = done if chosen else "No packages marked for update\n"
    return json.dumps({"stdout": out, "stderr": "", "command": command(action, arguments), "returncode": 0})


def query_installed(call: Call, host: str, arguments: Mapping[str, str]) -> str:
    """{name: name-version-release.arch, or "" for what is not installed}"""
    installed, arch = versions(call, host), {package.name: package.arch for package in packages()}
    return json.dumps(
        {name: f"{name}-{installed[name]}.{release(call)}.{arch[name]}" if name in installed else "" for name in names(arguments)}
    )


async def get_proxies(call: Call, host: str, _arguments: Mapping[str, str]) -> str:
    async with Locked(call, host, "get_proxies"):
        return json.dumps(proxies(call, host))


def proxies(call: Call, host: str) -> dict[str, str]:
    held: dict[str, str] = kept(call, host, "updater").setdefault("proxies", dict.fromkeys(REPOSITORIES, NO_PROXY))
    return held


async def set_proxies(call: Call, host: str, arguments: Mapping[str, str]) -> str:
    async with Locked(call, host, "set_proxies"):
        try:
            given = json.loads(needed(arguments, "proxies"))
        except ValueError:
            raise failure("No JSON object could be decoded") from None
        for repository in given:
            if repository not in proxies(call, host):
                raise failure(f"Can't find section '{repository}' in config file")
        proxies(call, host).update(given)
        return ""


FUNCTIONS: Functions = {
    "check_update": check_update, "update": update, "install": install, "query_installed": query_installed, "get_proxies": get_proxies,
    "set_proxies": set_proxies,
}  # fmt: skip
