"""The certificate that browsers are shown: read anew when its files become others, so that renewing it takes no restart."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Final

from data.stores.errors import DirectoryUnusable

log = logging.getLogger(__name__)

READ_EVERY: Final = 60.0
"""Seconds between two looks at the files."""
Files = tuple[Path, Path | None]
"""The certificate, and its key where that has a file of its own."""
Stamp = tuple[tuple[float, int, int], ...]


class ServedCertificate:
    """`context` is what connections are made with; those that are open go on with the certificate that they began with."""

    def __init__(self, find: Callable[[], Files]) -> None:
        """`find`: which files hold it now, for a thread; it may make them. Raises OSError, ssl.SSLError, DirectoryUnusable."""
        self._find = find
        self.context = _empty()
        files = find()
        self._read = _stamp(files)
        _load(self.context, files)

    async def renew(self) -> None:
        """Take what is in the files now, where that is whole; else keep what there is."""
        try:
            found = await asyncio.to_thread(self._changed)
        except (OSError, ssl.SSLError, DirectoryUnusable) as error:
            log.warning("the certificate cannot be read anew, the one before is kept: %s", error)
            return
        if found is not None:
            _load(self.context, found)  # on the loop: no handshake begins meanwhile
            log.info("new connections have the certificate in %s", found[0])

    def _changed(self) -> Files | None:
        files = self._find()
        stamp = _stamp(files)
        if stamp == self._read:
            return None
        self._read = stamp  # also of what is wrong with it is told once
        _load(_empty(), files)  # a certificate without its key would stay half in the context
        return files


def _empty() -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.set_alpn_protocols(["http/1.1"])
    return context


def _load(context: ssl.SSLContext, files: Files) -> None:
    context.load_cert_chain(*files, password="")  # a key with a passphrase fails, instead of asking at the terminal


def _stamp(files: Files) -> Stamp:
    return tuple((found.st_mtime, found.st_size, found.st_ino) for path in files if path for found in [path.stat()])
