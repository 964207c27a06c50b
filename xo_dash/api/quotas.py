"""Quotas, and whose each VM is. Administrators see and change all; others see those that hold for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta
from starlette.responses import Response

from data.grants.grant import GrantKind
from data.grants.quota import Quota
from data.grants.targets import TARGETS
from data.identity import key_of
from data.objects import VM
from data.stores.users import Role
from xo_dash.api.asked import Asked, Problem, told
from xo_dash.api.named import named_group, named_user, the_one
from xo_dash.api.people import collection, is_admin, made, wrapped
from xo_dash.control.requests.sizes import WRITTEN_SIZE, parse_size
from xo_dash.i18n import _

Limit = Annotated[int, Meta(ge=0, le=1 << 60)]
SizeText = Annotated[str, Meta(extra_json_schema={"pattern": f"^{WRITTEN_SIZE}$"})]
"""Checked where it is read, which has a better sentence."""


class NewQuota(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`user` or `group`: name or id. `memory` and `disk`: bytes, or `32 GiB`. `srs`, `networks`: uuids; none: any that is seen."""

    user: str = ""
    group: str = ""
    vms: Limit | None = None
    vcpus: Limit | None = None
    memory: Limit | SizeText | None = None
    disk: Limit | SizeText | None = None
    srs: list[str] = []
    networks: list[str] = []
    running: bool = False


LIMITS_SOMETHING: Final = Meta(extra_json_schema={"anyOf": [
    *({"required": [name], "properties": {name: {"type": ["integer", "string"]}}} for name in ("vms", "vcpus", "memory", "disk")),
    *({"required": [name], "properties": {name: {"minItems": 1}}} for name in ("srs", "networks")),
]})  # fmt: skip


class NewOwner(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Name or id; empty: nobody."""

    user: str


def _quotas(asked: Asked) -> Iterable[Any]:
    grants = asked.context.grants
    mine = {quota.id for quota in grants.table.quotas_of(asked.user.id)}
    return wrapped((quota for quota in grants.quotas.all() if is_admin(asked) or quota.id in mine), asked)


QUOTAS: Final = collection(
    "quotas", "Quotas of users and groups, and what is used of them", _quotas,
    user=lambda one: one.user_name(one.record.user_id), group=lambda one: one.group_name(one.record.group_id),
    vms=lambda one: one.record.vms, vcpus=lambda one: one.record.vcpus, memory=lambda one: one.record.memory,
    disk=lambda one: one.record.disk, srs=lambda one: list(one.record.srs), networks=lambda one: list(one.record.networks),
    running=lambda one: one.record.running, used=lambda one: one.context.runner.quotas.used(one.record)._asdict(),
)  # fmt: skip


async def save_quota(asked: Asked) -> Response:
    """A new one, or in place of the one that the user or group has."""
    asked.need(Role.ADMIN)
    body = await asked.body(NewQuota)
    quota = Quota(
        id="", user_id=named_user(asked, body.user).id if body.user else "",
        group_id=named_group(asked, body.group).id if body.group else "",
        vms=body.vms, vcpus=body.vcpus, memory=_bytes(body.memory), disk=_bytes(body.disk), running=body.running,
        srs=_keys(asked, GrantKind.SR, body.srs), networks=_keys(asked, GrantKind.NETWORK, body.networks),
    )  # fmt: skip
    saved = await asked.context.grants.quotas.save(quota)
    await asked.context.grants.refresh()
    return await made(asked, QUOTAS, saved)


async def remove_quota(asked: Asked) -> Response:
    asked.need(Role.ADMIN)
    await asked.context.grants.quotas.remove(asked.path("uuid"))
    await asked.context.grants.refresh()
    return Response(status_code=204)


async def set_owner(asked: Asked) -> Response:
    """Whose a VM is: their quota has it, and they are its operator."""
    asked.need(Role.ADMIN)
    body = await asked.body(NewOwner)
    vm = the_one(asked, VM, "vm", asked.path("uuid"))
    user = named_user(asked, body.user) if body.user else None
    await asked.context.grants.own(key_of(vm), user.id if user else "")
    return await told(asked, {"uuid": vm.uuid, "pool": vm.home.key, "owner": user.name if user else None})


def _keys(asked: Asked, kind: GrantKind, uuids: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key_of(the_one(asked, TARGETS[kind], kind.value, uuid)) for uuid in uuids))


def _bytes(given: int | str | None) -> int | None:
    size = parse_size(given) if isinstance(given, str) else given
    if isinstance(size, int) or size is None:
        return size
    raise Problem(422, _("“{text}” is not a size; enter bytes, or something like “32 GiB”").format(text=str(given)[:80]))
