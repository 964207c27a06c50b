"""Where a XenServer pool's updates come from: its vendor's channels or a mirror of them, or another pool."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Final
from urllib.parse import urlsplit

from data.facts.pool import master_of
from data.names import name_of, name_order
from data.objects import Host, Pool, Repository
from data.repositories import in_use
from data.stores.users import Role
from xo_dash.control.action import Action, AnyAction, Choice
from xo_dash.control.host.certificate import CERTIFICATE, Pem, blocks
from xo_dash.control.host.update import is_xcp_ng
from xo_dash.control.labels import never
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.plan import Call, Plan, one
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.types import Line, Name, an_object, called, one_of
from xo_dash.i18n import N_

BASE: Final = "base"
CHANNELS: Final[Mapping[str, str]] = {"normal": N_("Normal"), "earlyaccess": N_("Early access")}
VENDOR: Final = "https://repo.ops.xenserver.com/xs{version}"
VENDORS_SOURCES: Final = "https://repo-src.ops.xenserver.com/xs{version}"
"""Source: XenServer's documentation of repository-introduce; 8 and 9 have one each."""
OF_OTHER_POOL: Final = "https://{address}/repository/enabled"
"""Source: Repository.introduce_remote_pool takes no other path."""


class SetRepositories(Request, frozen=True, kw_only=True):
    """A channel's own repository, and the base that its updates build on."""

    channel: Annotated[str, one_of(CHANNELS), called(N_("Channel"))] = "normal"
    mirror: Annotated[
        Line, called(N_("Mirror"), hint=N_("Address of a mirror with a folder for each channel; default: XenServer's servers"))
    ] = ""
    sources: Annotated[Line, called(N_("Mirror of the sources"), hint=N_("Default: same as the mirror"))] = ""


class UseOtherPool(Request, frozen=True, kw_only=True):
    """Another pool hands on the updates that it has."""

    address: Annotated[Name, called(N_("Master of the other pool"), hint=N_("Name or IP address"))]
    certificate: Annotated[Pem, called(N_("Certificate of that host"), hint=N_("PEM, beginning with -----BEGIN CERTIFICATE-----"))]


class ForgetRepository(Request, frozen=True, kw_only=True):
    """One that is not in use."""

    repository: Annotated[
        str, an_object(Repository, missing=N_("there is no such repository in the pool; choose another")), called(N_("Repository"))
    ]


def is_of_xenserver(pool: Pool) -> bool:
    """Source: the field is XAPI's of 2022 and later; XCP-ng has it and uses its updater plugin instead."""
    hosts = pool.home.all(Host).values()
    return bool(hosts) and not any(map(is_xcp_ng, hosts)) and any(host.latest_synced_updates_applied for host in hosts)


def is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not set(url) & set(" \t'\"")
    except ValueError:
        return False


# ---- the parts of plans


def switching(pool: Pool, wanted: Sequence[object]) -> Plan:
    """Have the pool use these from now on; nothing where it does already."""
    held = list(pool.repositories)
    if wanted == held:
        return
    says = lazy(N_("Switching {name} to other update repositories"), name=name_of(pool))
    yield Call("pool.set_repositories", pool.ref, list(wanted), says=says,
               undo=lambda _: one("pool.set_repositories", pool.ref, held, says=says))  # fmt: skip


def introduced(pool: Pool, method: str, name: str, url: str, *more: object) -> Plan:
    """Its reference: of one that is there, for XAPI refuses a second of that address, else of a new one."""
    there = [one for one in pool.home.all(Repository).values() if _same(one, method, url)]
    if there:
        return there[0].ref
    address = (url,) if url else ()
    says = lazy(N_("Creating the update repository {repository} in {name}"), repository=name, name=name_of(pool))
    return (yield Call(method, name, "", *address, *more, says=says, undo=_forgetting))


def _same(repository: Repository, method: str, url: str) -> bool:
    return repository.binary_url == url if url else method.endswith(f"_{repository.origin}")


def _forgetting(repository: object) -> Plan:
    return one("Repository.forget", repository, says=lazy(N_("Removing the update repository")))


# ---- a channel, or a mirror of it


def addresses(request: SetRepositories, pool: Pool) -> tuple[str, str]:
    """(of packages, of their sources)"""
    if request.mirror:
        return request.mirror.rstrip("/"), (request.sources or request.mirror).rstrip("/")
    master = master_of(pool.home)
    major = master.software_version.get("product_version", "").partition(".")[0] if master is not None else ""
    version = "9" if major == "9" else "8"
    return VENDOR.format(version=version), VENDORS_SOURCES.format(version=version)


def check_channel(request: SetRepositories, pool: Pool) -> Iterator[Fault]:
    for field, url in (("mirror", request.mirror), ("sources", request.sources)):
        if url and not is_web(url):
            yield Fault(field, lazy(N_("it must be an address with http:// or https://")))
    if request.sources and not request.mirror:
        yield Fault("mirror", lazy(N_("enter the mirror of the packages too")))


def use_channel(request: SetRepositories, pool: Pool) -> Plan:
    binary, source = addresses(request, pool)
    made: list[object] = []
    for folder in (BASE, request.channel):
        url = f"{binary}/{folder}"
        name = url.partition("://")[2]
        made.append((yield from introduced(pool, "Repository.introduce", name, url, f"{source}/{folder}", folder != BASE)))
    yield from switching(pool, made)


# ---- another pool


def check_other(request: UseOtherPool, pool: Pool) -> Iterator[Fault]:
    url = OF_OTHER_POOL.format(address=request.address)
    if not is_web(url) or urlsplit(url).path != urlsplit(OF_OTHER_POOL).path or "@" in url or "?" in url or "#" in url:
        yield Fault("address", lazy(N_("it must be a name or an IP address")))
    if [kind for kind, _pem in blocks(request.certificate)] != [CERTIFICATE]:
        yield Fault("certificate", lazy(N_("it must be one certificate in PEM")))


def use_other(request: UseOtherPool, pool: Pool) -> Plan:
    pem = "".join(pem for _kind, pem in blocks(request.certificate))
    url = OF_OTHER_POOL.format(address=request.address)
    made = yield from introduced(pool, "Repository.introduce_remote_pool", f"Updates of {request.address}", url, pem)
    yield from switching(pool, [made])


# ---- what is not used


def choices(pools: Sequence[Pool]) -> Sequence[Choice]:
    if len(pools) != 1:
        return []
    rows = sorted(pools[0].home.all(Repository).values(), key=name_order)
    return [Choice(row.uuid, name_of(row), is_used(row, pools[0])) for row in rows]


def is_used(repository: Repository, pool: Pool) -> LazyText | None:
    return lazy(N_("the pool uses it; set other repositories first")) if repository in in_use(pool) else None


def check_forgotten(request: ForgetRepository, pool: Pool) -> Iterator[Fault]:
    row = pool.home.by_uuid(Repository, request.repository)
    if row is not None and (reason := is_used(row, pool)) is not None:
        yield Fault("repository", reason)


def forget(request: ForgetRepository, pool: Pool) -> Plan:
    row = pool.home.by_uuid(Repository, request.repository)
    if row is not None:
        says = lazy(N_("Removing the update repository {repository}"), repository=name_of(row))
        yield Call("Repository.forget", row.ref, says=says, gone_is_done=True)


def none_to_forget(pool: Pool) -> LazyText | None:
    return None if len(pool.home.all(Repository)) > len(in_use(pool)) else lazy(N_("the pool has no repository that it does not use"))


SET_REPOSITORIES: Final[AnyAction] = Action(
    id="pool.set_repositories", kind=Pool, request=SetRepositories, title=N_("Set update repositories"),
    done=N_("The update repositories of {name} are set; synchronize updates next"), role=Role.ADMIN, icon="settings", group="settings",
    applies_to=is_of_xenserver, blocked=never, check=check_channel, plan=use_channel,
)  # fmt: skip
USE_OTHER_POOL: Final[AnyAction] = Action(
    id="pool.use_other_pool", kind=Pool, request=UseOtherPool, title=N_("Take updates from another pool"),
    done=N_("{name} takes updates from the other pool; synchronize updates next"), role=Role.ADMIN, icon="settings", group="settings",
    applies_to=is_of_xenserver, blocked=never, check=check_other, plan=use_other,
)  # fmt: skip
FORGET_REPOSITORY: Final[AnyAction] = Action(
    id="pool.forget_repository", kind=Pool, request=ForgetRepository, title=N_("Forget update repository"),
    done=N_("The update repository is forgotten"), role=Role.ADMIN, icon="delete", group="settings", applies_to=is_of_xenserver,
    blocked=none_to_forget, choices={"repository": choices}, check=check_forgotten, plan=forget,
)  # fmt: skip
