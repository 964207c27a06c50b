"""Which pool answered, and whether its database is still the one that our token is from."""

from __future__ import annotations

from dataclasses import dataclass

from data.objects import Host, Pool
from xo_dash.xapi.connection import Connection
from xo_dash.xapi.errors import BadReply, XapiFailure
from xo_dash.xapi.events import Token

MOST_OF_A_NAME = 250
"""Characters of what is told of a pool that is none of ours."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A pool as it answers at sign-in."""

    uuid: str
    name: str
    ref: str
    product: str  # "XCP-ng 8.3.0"
    started: str  # when the master's toolstack started; empty if it does not say
    master_uuid: str

    def is_alike(self, other: Identity) -> bool:
        """Whether both may be answers of one pool. A copy and a restored pool have all uuids and references of the first."""
        return (self.uuid, self.ref) == (other.uuid, other.ref)

    def is_same_pool(self, other: Identity) -> bool:
        """Whether both are, if neither its master nor the toolstack there is another since: the start of that is no two pools' alike."""
        return self.is_alike(other) and (self.master_uuid, self.started) == (other.master_uuid, other.started)

    def is_same_run(self, earlier: Identity | None) -> bool:
        """Whether the toolstack that gave the token still runs. Restored databases and new masters come with a new one."""
        return (
            earlier is not None
            and (self.uuid, self.ref, self.master_uuid) == (earlier.uuid, earlier.ref, earlier.master_uuid)
            and self.started == earlier.started != ""
        )


async def identify(connection: Connection) -> Identity:
    """Raises XapiError."""
    pools = await connection.rows(Pool)
    if len(pools) != 1:
        raise BadReply("not one pool")
    (pool,) = pools
    host = await connection.row(Host, pool.master)
    if not pool.uuid or not host.uuid:
        raise BadReply("a pool without a uuid")
    software = host.software_version
    return Identity(
        uuid=pool.uuid,
        name=(pool.name_label or host.name_label)[:MOST_OF_A_NAME],
        ref=pool.ref,
        product=" ".join(filter(None, (software.get("product_brand"), software.get("product_version"))))[:MOST_OF_A_NAME],
        started=host.other_config.get("agent_start_time", ""),
        master_uuid=host.uuid,
    )


async def is_behind(connection: Connection, identity: Identity, token: Token) -> bool:
    """Whether the database's generation is lower than our token's: it was replaced by an older one, and would tell us nothing.

    Source: event.inject gives the generation before the change that it makes; event.from echoes a token that is ahead.
    """
    try:
        generation = Token.parse(await connection.text("event.inject", "pool", identity.ref)).database
    except XapiFailure as failure:
        if failure.code in ("SESSION_INVALID", "HOST_IS_SLAVE"):
            raise
        return True  # better to read everything again than nothing any more
    return generation < token.database - 1
