"""Where the two ends of transfers meet: files that are offered, and what waits to be fetched."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager

from data.observers import Observers, Unsubscribe
from xo_dash.control.requests.file import File
from xo_dash.control.run import Run, RunItem
from xo_dash.control.transfers.allowed import AllowedHosts
from xo_dash.control.transfers.delivery import Delivery
from xo_dash.control.transfers.ends import GONE, EndFailed, Source
from xo_dash.control.transfers.remote import RemoteFile
from xo_dash.control.transfers.upload import Upload

MOST_OFFERED = 100
"""Files of one user that wait for their transfer; the oldest goes."""


class Exchange:
    """Lives as long as the program. Who may use what is found here is asked where it is used."""

    def __init__(self) -> None:
        self._uploads: dict[str, Upload] = {}
        self._deliveries: list[Delivery] = []
        self._observers: Observers[[Delivery]] = Observers()
        self.allowed = AllowedHosts()  # from where files are fetched besides the rest of the world
        self.pause = 1.0  # seconds before a broken fetch goes on

    def observe(self, observer: Callable[[Delivery], None]) -> Unsubscribe:
        """Call `observer` with each delivery that begins to wait for its receiver."""
        return self._observers.add(observer)

    # into a pool

    def offer(self, name: str, size: int, owner: str) -> Upload:
        """A file somebody is ready to send."""
        idle = [upload for upload in self._uploads.values() if upload.owner == owner and not upload.is_begun]
        if len(idle) >= MOST_OFFERED:
            self.withdraw(idle[0])
        upload = Upload(secrets.token_urlsafe(16), name, size, owner)
        self._uploads[upload.id] = upload
        return upload

    def upload(self, upload_id: str, owner: str) -> Upload | None:
        """The one of that id, if it is `owner`'s."""
        upload = self._uploads.get(upload_id)
        return upload if upload is not None and upload.owner == owner else None

    async def source(self, file: File, owner: str) -> Source:
        """What `file` means, ready to be read. Raises EndFailed."""
        if file.url:
            remote = RemoteFile(file.url, self.allowed, self.pause)
            await remote.open()
            return remote
        upload = self.upload(file.id, owner)
        if upload is None or upload.closed or upload.size != file.size:
            raise EndFailed(GONE)
        upload.is_begun = True
        return upload

    @asynccontextmanager
    async def looking(self, file: File, owner: str) -> AsyncIterator[Source]:
        """The same for a look into it before a command is given; it stays offered. Raises EndFailed."""
        source = await self.source(file, owner)
        try:
            yield source
        finally:
            if isinstance(source, Upload):
                source.is_begun = False
            else:
                source.close(None)

    def forget(self, files: Iterable[File], owner: str) -> None:
        """The command that wanted them has ended."""
        for file in files:
            if (upload := self.upload(file.id, owner)) is not None:
                self.withdraw(upload)

    def withdraw(self, upload: Upload) -> None:
        """It has ended, or nobody wants it."""
        if not upload.closed:
            upload.close(GONE)
        self._uploads.pop(upload.id, None)

    # out of a pool

    def deliver(self, run: Run, item: RunItem, name: str) -> Delivery:
        """Something comes out of a pool for whoever gave the command."""
        delivery = Delivery(run, item, name)
        self._deliveries.append(delivery)
        self._observers.tell(delivery)
        return delivery

    def waiting(self, run: Run) -> list[Delivery]:
        """Those of a run that nobody fetches yet."""
        return [delivery for delivery in self._deliveries if delivery.run is run and not delivery.is_claimed]

    def ticket(self, delivery: Delivery, session: str) -> str:
        """With which one session may fetch it, once."""
        delivery.ticket, delivery.session = secrets.token_urlsafe(24), session
        return delivery.ticket

    def claim(self, ticket: str, session: str) -> Delivery | None:
        """What that ticket is for; it is used up."""
        for delivery in self._deliveries:
            if ticket and delivery.ticket == ticket and delivery.session == session and not delivery.is_claimed:
                delivery.ticket = ""
                return delivery
        return None

    def done(self, delivery: Delivery) -> None:
        if delivery in self._deliveries:
            self._deliveries.remove(delivery)
