"""The files that an OVF without an archive names: given with it, or at the same address."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote, unquote

from xo_dash.control.lazy_text import lazy
from xo_dash.control.requests.file import File
from xo_dash.control.transfers.allowed import parsed
from xo_dash.control.transfers.ends import EndFailed
from xo_dash.i18n import N_


class FilesMissing(EndFailed):
    """`names`: files that belong to an OVF and were not given with it."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        super().__init__(lazy(N_("these files belong to it and are missing: {names}"), names=", ".join(names)[:300]))


def siblings(file: File, beside: Sequence[File], names: Iterable[str]) -> dict[str, File]:
    """{name in the OVF: its file}. `file`: the OVF; `beside`: what was given with it. Raises EndFailed, FilesMissing."""
    given = {one.name: one for one in beside}
    paths = {name: _inside(name) for name in names}
    if len({last_part(name) for name in paths}) < len(paths):
        raise EndFailed(lazy(N_("two of its files have the same name in different folders; put them into an OVA")))
    found = {name: given.get(last_part(name)) or (neighbour(file.url, path) if file.url else None) for name, path in paths.items()}
    if missing := [last_part(name) for name, one in found.items() if one is None]:
        raise FilesMissing(missing)
    return {name: one for name, one in found.items() if one is not None}


def last_part(name: str) -> str:
    """What a browser calls the file of that name in an OVF, which is a relative URL."""
    return unquote(name).rpartition("/")[2]


def neighbour(url: str, path: str) -> File:
    """The file of that relative path at the address of another. What follows its `?` is for that one alone. Raises EndFailed."""
    parts = parsed(url)
    try:
        return File.at(f"{parts.scheme}://{parts.netloc}{parts.path.rpartition('/')[0]}/{quote(path)}")
    except ValueError:
        raise _outside(path) from None


def _inside(name: str) -> str:
    """As a path below the folder of the OVF. Raises EndFailed."""
    path = unquote(name)
    steps = path.split("/")
    if not path.isprintable() or any(step in ("", ".", "..") for step in steps) or any(letter in path for letter in ":\\%"):
        raise _outside(path)
    return path


def _outside(path: str) -> EndFailed:
    return EndFailed(lazy(N_("the OVF names a file that is not in its folder: {name}"), name=path[:80]))
