"""What a pool's nightly job says of certificates and licences that end soon, or have ended."""

from __future__ import annotations

from .database import Record
from .pool import Pool
from .registry import background

DAY = 86400.0
MONTH = 30
# type of a certificate: (what it is called, beginning of the names of its messages)
KINDS = {
    "host": ("The TLS server certificate", "HOST_SERVER_CERTIFICATE"),
    "host_internal": ("The internal TLS server certificate", "HOST_INTERNAL_CERTIFICATE"),
    "ca": ("The pool-wide trusted root CA certificate", "POOL_CA_CERTIFICATE"),
    "pinned": ("The pool-wide trusted pinned leaf certificate", "POOL_PINNED_CERTIFICATE"),
}
STAGES = ((0, "EXPIRED", 1), (7, "EXPIRING_07", 1), (14, "EXPIRING_14", 2), (30, "EXPIRING_30", 3))  # days left, name, priority


@background
async def nightly(pool: Pool) -> None:
    while True:
        await pool.clock.sleep(DAY)
        for ref, record in pool.db.records("Certificate"):
            certificate(pool, ref, record)
        licences(pool)


def certificate(pool: Pool, ref: str, record: Record) -> None:
    """One message about each: it takes the place of that of an earlier stage."""
    left = (pool.seconds(record["not_after"]) - pool.clock.now()) / DAY
    stage = next((stage for stage in STAGES if left < stage[0]), None)
    if stage is None or record["type"] not in KINDS:
        return
    what, prefix = KINDS[record["type"]]
    of_host = pool.db.exists(record["host"])
    cls, uuid = ("Host", pool.db.get(record["host"], "uuid")) if of_host else ("Certificate", pool.db.get(ref, "uuid"))
    said = f"{what} {'has expired' if stage[1] == 'EXPIRED' else 'is expiring soon'}."
    wanted = (f"{prefix}_{stage[1]}", stage[2], f"<body><message>{said}</message><date>{record['not_after']}</date></body>")
    told = [(m, r) for m, r in pool.messages.items() if r["obj_uuid"] == uuid and r["name"].startswith(prefix)]
    for message, old in told:
        if (old["name"], old["priority"], old["body"]) != wanted:
            pool.messages.destroy(message)
    if not any((old["name"], old["priority"], old["body"]) == wanted for _, old in told):
        pool.messages.create(wanted[0], wanted[1], cls, uuid, wanted[2])


def licences(pool: Pool) -> None:
    """Every night again; XCP-ng's never end."""
    now, ends = pool.clock.now(), dict[str, float]()
    for _, host in pool.db.records("host"):
        expiry = host["license_params"].get("expiry", "never")
        if expiry != "never":
            ends[host["name_label"]] = pool.seconds(expiry)
    if not ends:
        return
    first = min(ends.values())
    gone, soon = first <= now, first <= now + MONTH * DAY
    if soon:
        limit = now if gone else now + MONTH * DAY
        names = ", ".join(name for name, end in ends.items() if end < limit)
        end = "have expired" if gone else "are about to expire"
        name = "LICENSE_EXPIRED" if gone else "LICENSE_EXPIRES_SOON"
        pool.messages.create(name, 2, "Pool", pool.db.get(pool.ref, "uuid"), f"The licenses of the following hosts {end}: {names}")
