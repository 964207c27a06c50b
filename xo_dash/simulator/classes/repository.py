"""Repositories of updates, and which of them the pool uses: XenServer's way; XCP-ng's pools have none."""

from __future__ import annotations

from urllib.parse import urlsplit

from ..call import Call
from ..errors import XapiError
from ..registry import message
from ..types import NULL

EPOCH = "19700101T00:00:00Z"
OF_REMOTE_POOL = "/repository/enabled"
WEEK = range(7)


def new(call: Call, name: str, about: str, url: str, **more: object) -> str:
    for ref, record in call.db.records("Repository"):
        if record["name_label"] == name or (url and record["binary_url"] == url):
            raise XapiError("REPOSITORY_ALREADY_EXISTS", ref)
    return call.db.create("Repository", {"name_label": name, "name_description": about, "binary_url": url, **more})


def check_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise XapiError("INVALID_BASE_URL", url)


def check_key(path: str) -> None:
    if not path.replace("_", "").replace("-", "").isalnum() and path:
        raise XapiError("INVALID_GPGKEY_PATH", path)


@message("Repository.introduce")
def introduce(call: Call, name: str, about: str, binary: str, source: str, update: bool, key: str = "") -> str:
    check_url(binary)
    check_url(source)
    check_key(key)
    return new(call, name, about, binary, source_url=source, update=update, gpgkey_path=key, origin="remote")


@message("Repository.introduce_bundle")
def introduce_bundle(call: Call, name: str, about: str) -> str:
    made = new(call, name, about, "", update=True, origin="bundle")
    if others := [ref for ref in call.db.find("Repository", origin="bundle") if ref != made]:
        call.db.destroy(made)
        raise XapiError("BUNDLE_REPOSITORY_ALREADY_EXISTS", others[0])
    return made


@message("Repository.introduce_remote_pool")
def introduce_remote_pool(call: Call, name: str, about: str, url: str, certificate: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or parts.path != OF_REMOTE_POOL:
        raise XapiError("INVALID_BASE_URL", url)
    return new(call, name, about, url, update=True, origin="remote_pool", certificate=certificate)


@message("Repository.forget")
def forget(call: Call, ref: str) -> str:
    if ref in call.db.get(call.pool.ref, "repositories"):
        raise XapiError("REPOSITORY_IS_IN_USE")
    call.db.destroy(ref)
    return ""


@message("Repository.set_gpgkey_path")
def set_gpgkey_path(call: Call, ref: str, value: str) -> str:
    check_key(value)
    call.db.set(ref, gpgkey_path=value)
    return ""


async def use(call: Call, wanted: list[str]) -> None:
    """The pool has these repositories from now on: new ones have not been asked for updates yet."""
    db, row = call.db, call.pool.ref
    async with call.operation(row, "configure_repositories", cancellable=False):
        alone = [ref for ref in wanted if db.get(ref, "origin") in ("bundle", "remote_pool")]
        if alone and len(wanted) > 1:
            raise XapiError("REPO_SHOULD_BE_SINGLE_ONE_ENABLED")
        fresh = [ref for ref in wanted if ref not in db.get(row, "repositories")]
        for ref in fresh:
            db.set(ref, hash="")
        if fresh or not wanted:
            db.set(row, last_update_sync=EPOCH)
        db.set(row, repositories=wanted)
        if not wanted:
            for host in db.rows("host"):
                db.set(host, latest_synced_updates_applied="unknown")


@message("pool.set_repositories")
async def set_repositories(call: Call, _pool: str, value: list[str]) -> str:
    for ref in value:
        call.db.record("Repository", ref)
    await use(call, value)
    return ""


@message("pool.add_repository")
async def add_repository(call: Call, pool: str, value: str) -> str:
    held = call.db.get(pool, "repositories")
    if value not in held:
        await use(call, [*held, value])
    return ""


@message("pool.remove_repository")
async def remove_repository(call: Call, pool: str, value: str) -> str:
    await use(call, [ref for ref in call.db.get(pool, "repositories") if ref != value])
    return ""


@message("pool.configure_repository_proxy")
def configure_repository_proxy(call: Call, pool: str, url: str, user: str, password: str) -> str:
    if urlsplit(url).scheme not in ("http", "https"):
        raise XapiError("INVALID_REPOSITORY_PROXY_URL", url)
    if bool(user) != bool(password) or "\n" in user + password:
        raise XapiError("INVALID_REPOSITORY_PROXY_CREDENTIAL")
    disable_repository_proxy(call, pool)
    secret = {"repository_proxy_password": call.db.create("secret", {"value": password})} if password else {}
    call.db.set(pool, repository_proxy_url=url, repository_proxy_username=user, **secret)
    return ""


@message("pool.disable_repository_proxy")
def disable_repository_proxy(call: Call, pool: str) -> str:
    secret = call.db.get(pool, "repository_proxy_password")
    call.db.set(pool, repository_proxy_url="", repository_proxy_username="", repository_proxy_password=NULL)
    if call.db.exists(secret):
        call.db.destroy(secret)
    return ""


@message("pool.configure_update_sync")
def configure_update_sync(call: Call, pool: str, frequency: str, day: int) -> str:
    """Sunday is 0; every day there is nothing to choose."""
    if frequency == "weekly" and day not in WEEK:
        raise XapiError("INVALID_UPDATE_SYNC_DAY", day)
    call.db.set(pool, update_sync_frequency=frequency, update_sync_day=day if frequency == "weekly" else 0)
    return ""


@message("pool.set_update_sync_enabled")
def set_update_sync_enabled(call: Call, pool: str, value: bool) -> str:
    repositories = call.db.get(pool, "repositories")
    if value and not repositories:
        raise XapiError("NO_REPOSITORIES_CONFIGURED")
    if value and any(call.db.get(ref, "origin") == "bundle" for ref in repositories):
        raise XapiError("CAN_NOT_PERIODIC_SYNC_UPDATES")
    call.db.set(pool, update_sync_enabled=value)
    return ""
