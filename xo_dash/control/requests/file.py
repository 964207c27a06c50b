"""A field that is a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import unquote

import msgspec
from msgspec import Meta

from xo_dash.control.requests.types import LONGEST_NAME
from xo_dash.control.transfers.allowed import LONGEST as LONGEST_URL
from xo_dash.control.transfers.allowed import host_of, parsed


class File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file that whoever gives the command is ready to send, or one on the web; of that nobody knows the size yet."""

    id: Annotated[str, Meta(max_length=64)] = ""  # where it is offered: see transfers.exchange
    name: Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME)]
    size: Annotated[int, Meta(ge=0, le=1 << 50)] = 0  # bytes
    url: Annotated[str, Meta(max_length=LONGEST_URL)] = ""

    @classmethod
    def at(cls, url: str) -> File:
        """The one at an address, called as its last part. Raises ValueError."""
        parts = parsed(url)
        last = unquote(parts.path.rpartition("/")[2])
        name = "".join(letter for letter in last if letter.isprintable())[-LONGEST_NAME:]
        return cls(name=name or host_of(parts), url=url)

    @property
    def is_empty(self) -> bool:
        return not self.size and not self.url

    def told(self) -> dict[str, object]:
        """For the audit: a signature that lets everybody in may be in the query."""
        return {"name": self.name, "url": self.url.partition("?")[0]} if self.url else {"name": self.name, "size": self.size}


def url_in(value: object) -> str | None:
    """Of a file that is not sent: a text, or {"url": text}."""
    url = value.get("url") if isinstance(value, Mapping) else value
    return url if isinstance(url, str) and url else None
