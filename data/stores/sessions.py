"""Who is signed in, so that a restart of the program signs nobody out.

The id is a hash of what the browser holds: who reads the file cannot come in with it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from data.stores.directory import DataDirectory
from data.stores.records import Records


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRecord:
    id: str = field(repr=False)  # SHA-256 of the token, hexadecimal
    user_id: str
    epoch: str = field(repr=False)  # the user's at sign-in
    created: float  # seconds since 1970
    last_seen: float  # seconds since 1970, as of the last writing
    address: str  # the browser's IP address at sign-in
    device: str = ""  # what the browser said it is: "Firefox, Linux"


class SessionStore(Records[SessionRecord]):
    """sessions.json"""

    def __init__(self, directory: DataDirectory) -> None:
        super().__init__(directory, "sessions", SessionRecord)

    async def save(self, sessions: Iterable[SessionRecord]) -> None:
        """These, and no others. They are asked for in the stores' thread: thousands would hold the loop."""

        def edit(records: dict[str, SessionRecord]) -> None:
            records.clear()
            records.update((session.id, session) for session in sessions)

        await self._directory.run(self._change, None, edit)
