"""Who tried to sign in and could not: counted, and told once an hour in an alert of the pool."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from .origin import ORIGIN
from .registry import background

if TYPE_CHECKING:
    from .pool import Pool

EVERY = 3600.0  # seconds
WORST = 3  # of the clients that failed most often


@dataclass(frozen=True, slots=True)
class Client:
    username: str
    originator: str
    useragent: str
    ip: str

    def __str__(self) -> str:
        parts = (("username", self.username), ("originator", self.originator), ("useragent", self.useragent), ("ip", self.ip))
        return "\n".join(f"<{tag}>{escape(text)}</{tag}>" for tag, text in parts if text)


@dataclass(slots=True)
class Failures:
    number: int = 0
    date: str = ""


def count(pool: Pool, user: str, originator: str) -> None:
    origin = ORIGIN.get()
    failed: dict[Client, Failures] = pool.facts.setdefault("failed logins", {})
    failures = failed.setdefault(Client(user, originator, origin.agent, origin.address), Failures())
    failures.number += 1
    failures.date = pool.clock.iso()


def body(failed: dict[Client, Failures]) -> str:
    worst = sorted(failed.items(), key=lambda item: -item[1].number)[:WORST]
    known = "".join(f"\n<known>\n{client}\n<number>{f.number}</number>\n<date>{f.date}</date>\n</known>" for client, f in worst)
    return f"<body>\n<total>{sum(f.number for f in failed.values())}</total>{known}\n</body>"


@background
async def alert(pool: Pool) -> None:
    while True:
        await pool.clock.sleep(EVERY)
        failed = pool.facts.pop("failed logins", None)
        if failed:
            pool.messages.create("FAILED_LOGIN_ATTEMPTS", 3, "Pool", pool.db.get(pool.ref, "uuid"), body(failed))
