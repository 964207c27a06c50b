"""Updates of a XenServer pool: synchronized from its repositories, or from a bundle where the pool has no way to the internet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Final

from data.names import name_of
from data.objects import Host, Pool
from data.stores.users import Role
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.host.update import is_xcp_ng
from xo_dash.control.labels import never
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.plan import Call, Plan, Transfer, one
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.file import File
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.types import Line, Secret, called
from xo_dash.i18n import N_, _

BUNDLE: Final = "/bundle"
"""Source: `xe pool-sync-bundle` puts the file there; the call needs an enabled repository of that kind."""
LARGEST: Final = 64 << 30


class SyncUpdates(Request, frozen=True, kw_only=True):
    """Ask the repositories which updates there are, and fetch them."""

    force: Annotated[bool, called(N_("Download everything again"))] = False
    token_id: Annotated[Line, called(N_("Client ID"), hint=N_("Only if the repository requires one"))] = ""
    token: Annotated[Secret, called(N_("Client token"))] = ""


class UploadBundle(Request, frozen=True, kw_only=True):
    """Updates as one file, for a pool without a way to the repositories."""

    file: Annotated[File, called(N_("Update bundle"))]
    switch: Annotated[
        bool,
        called(
            N_("Use bundles instead of the current repositories"),
            hint=N_("Required before the first bundle: a pool uses either bundles or repositories"),
        ),
    ] = False


def is_of_xenserver(pool: Pool) -> bool:
    """Source: the field is XAPI's of 2022 and later; XCP-ng has it and uses its updater plugin instead."""
    hosts = pool.home.all(Host).values()
    return bool(hosts) and not any(map(is_xcp_ng, hosts)) and any(host.latest_synced_updates_applied for host in hosts)


def cannot_sync(pool: Pool) -> LazyText | None:
    return None if pool.repositories else lazy(N_("the pool has no repository; upload a bundle, or set its repositories with XenCenter"))


def check_sync(request: SyncUpdates, pool: Pool) -> Iterator[Fault]:
    if bool(request.token) != bool(request.token_id):
        yield Fault("token" if request.token_id else "token_id", lazy(N_("client ID and token belong together; enter both")))


def sync(request: SyncUpdates, pool: Pool) -> Plan:
    who = (request.token, request.token_id) if request.token else ()
    says = lazy(N_("Synchronizing updates of {name}"), name=name_of(pool))
    yield Call("pool.sync_updates", pool.ref, request.force, *who, says=says, secret=bool(who))


def check_bundle(request: UploadBundle, pool: Pool) -> Iterator[Fault]:
    if not request.file.size:
        yield Fault("file", lazy(N_("the file is empty")))
    elif request.file.size > LARGEST:
        yield Fault("file", lazy(N_("it is larger than any update bundle; select another file")))
    if not pool.repositories and not request.switch:
        yield Fault("switch", lazy(N_("the pool has no repository; turn this on to create one for bundles")))


def upload(request: UploadBundle, pool: Pool) -> Plan:
    name = name_of(pool)
    if request.switch:
        says = lazy(N_("Creating an update bundle repository in {name}"), name=name)
        made = yield Call("Repository.introduce_bundle", f"Update bundles of {name}", "", says=says, undo=_forgetting)
        says, before = lazy(N_("Switching {name} to update bundles"), name=name), list(pool.repositories)
        yield Call("pool.set_repositories", pool.ref, [made], says=says,
                   undo=lambda _: one("pool.set_repositories", pool.ref, before, says=says))  # fmt: skip
    yield Transfer(BUNDLE, {}, says=lazy(N_("Uploading the bundle to {name}"), name=name), label=f"Update bundle for {name}",
                   name=request.file.name, source=request.file, total=request.file.size)  # fmt: skip


def _forgetting(repository: object) -> Plan:
    return one("Repository.forget", repository, says=lazy(N_("Removing the update bundle repository")))


def consequences(pool: Pool) -> Sequence[str]:
    return [_("Updates no longer come from the current repositories; they stay configured but unused")] if pool.repositories else []


SYNC_UPDATES: Final[AnyAction] = Action(
    id="pool.sync_updates", kind=Pool, request=SyncUpdates, title=N_("Synchronize updates"), done=N_("Updates of {name} are synchronized"),
    role=Role.ADMIN, icon="download", applies_to=is_of_xenserver, blocked=cannot_sync, check=check_sync, plan=sync,
)  # fmt: skip
UPLOAD_BUNDLE: Final[AnyAction] = Action(
    id="pool.upload_bundle", kind=Pool, request=UploadBundle, title=N_("Upload update bundle"), done=N_("The bundle is uploaded to {name}"),
    role=Role.ADMIN, icon="upload", applies_to=is_of_xenserver, blocked=never, check=check_bundle, plan=upload, consequences=consequences,
)  # fmt: skip
