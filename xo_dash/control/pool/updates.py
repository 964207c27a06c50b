"""Updates of a XenServer pool: synchronized from its repositories, or from a bundle where the pool has no way to the internet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Final

from data.names import name_of
from data.objects import Pool
from data.repositories import BUNDLE, OTHER_POOL, origin_of
from data.stores.users import Role
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.labels import never
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.plan import Call, Hidden, Plan, Transfer
from xo_dash.control.pool.repositories import introduced, is_of_xenserver, switching
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.file import File
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.types import Line, Secret, called
from xo_dash.i18n import N_, _

UPLOAD: Final = "/bundle"
"""Source: `xe pool-sync-bundle` puts the file there; the call needs an enabled repository of that kind."""
LARGEST: Final = 64 << 30


class SyncUpdates(Request, frozen=True, kw_only=True):
    """Ask the repositories which updates there are, and fetch them."""

    force: Annotated[bool, called(N_("Download everything again"))] = False
    token_id: Annotated[Line, called(N_("Client ID"), hint=N_("Only if the repository requires one"))] = ""
    token: Annotated[Secret, called(N_("Client token"))] = ""
    user: Annotated[Line, called(N_("User of the other pool"))] = ""
    password: Annotated[Secret, called(N_("Password"))] = ""


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


def cannot_sync(pool: Pool) -> LazyText | None:
    if not pool.repositories:
        return lazy(N_("the pool has no repository; set its repositories, or upload a bundle"))
    return lazy(N_("the pool uses bundles; upload one, or set its repositories")) if origin_of(pool) == BUNDLE else None


def check_sync(request: SyncUpdates, pool: Pool) -> Iterator[Fault]:
    if bool(request.token) != bool(request.token_id):
        yield Fault("token" if request.token_id else "token_id", lazy(N_("client ID and token belong together; enter both")))
    if origin_of(pool) == OTHER_POOL:
        for field in ("user", "password"):
            if not getattr(request, field):
                yield Fault(field, lazy(N_("the other pool asks for a user and a password; enter both")))


def sync(request: SyncUpdates, pool: Pool) -> Plan:
    """Source: the order is token, its id, user, password; older XAPIs know the first two alone."""
    who: tuple[object, ...] = (Hidden(request.token), request.token_id) if request.token else ()
    if origin_of(pool) == OTHER_POOL:
        who = ("", "", request.user, Hidden(request.password))
    says = lazy(N_("Synchronizing updates of {name}"), name=name_of(pool))
    yield Call("pool.sync_updates", pool.ref, request.force, *who, says=says)


def unasked(pools: Sequence[Pool]) -> Sequence[str]:
    """Another pool wants a user, the vendor's servers a token."""
    return ("token_id", "token") if any(origin_of(pool) == OTHER_POOL for pool in pools) else ("user", "password")


def check_bundle(request: UploadBundle, pool: Pool) -> Iterator[Fault]:
    if not request.file.size:
        yield Fault("file", lazy(N_("the file is empty")))
    elif request.file.size > LARGEST:
        yield Fault("file", lazy(N_("it is larger than any update bundle; select another file")))
    if origin_of(pool) != BUNDLE and not request.switch:
        yield Fault("switch", lazy(N_("the pool has no repository for bundles; turn this on to use one")))


def upload(request: UploadBundle, pool: Pool) -> Plan:
    name = name_of(pool)
    if request.switch:
        made = yield from introduced(pool, "Repository.introduce_bundle", f"Update bundles of {name}", "")
        yield from switching(pool, [made])
    yield Transfer(UPLOAD, {}, says=lazy(N_("Uploading the bundle to {name}"), name=name), label=f"Update bundle for {name}",
                   name=request.file.name, source=request.file, total=request.file.size)  # fmt: skip


def consequences(pool: Pool) -> Sequence[str]:
    if origin_of(pool) in ("", BUNDLE):
        return []
    return [_("Updates no longer come from the current repositories; they stay configured but unused")]


SYNC_UPDATES: Final[AnyAction] = Action(
    id="pool.sync_updates", kind=Pool, request=SyncUpdates, title=N_("Synchronize updates"), done=N_("Updates of {name} are synchronized"),
    role=Role.ADMIN, icon="download", applies_to=is_of_xenserver, blocked=cannot_sync, unasked=unasked, check=check_sync, plan=sync,
)  # fmt: skip
UPLOAD_BUNDLE: Final[AnyAction] = Action(
    id="pool.upload_bundle", kind=Pool, request=UploadBundle, title=N_("Upload update bundle"), done=N_("The bundle is uploaded to {name}"),
    role=Role.ADMIN, icon="upload", applies_to=is_of_xenserver, blocked=never, check=check_bundle, plan=upload, consequences=consequences,
)  # fmt: skip
