"""The measurements of hosts in XML: of a `/rrd_updates`, and of a whole RRD."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping
from typing import Final
from xml.etree import ElementTree

from xo_dash.xapi.breath import breathe
from xo_dash.xapi.rrd_rows import Archive, Export, Row, Whole, check, legend_of
from xo_dash.xapi.wire import Body

MOST_OF_A_NAME: Final = 256
"""Characters of an entry of a legend, at most."""
DEPTH: Final = 16
PIECE: Final = 1 << 16


class _Target:
    """An XMLParser's target that keeps nothing but the text of the element it is in: `ends` is called with it, by the element's path."""

    def __init__(self, root: str, ends: Mapping[str, Callable[[str], None]], starts: Mapping[str, Callable[[], None]]) -> None:
        self._root, self._ends, self._starts = root, ends, starts
        self._path: list[str] = []
        self._text: list[str] = []

    def start(self, tag: str, _attributes: Mapping[str, str]) -> None:
        self._path.append(tag)
        check(self._path[0] == self._root and len(self._path) < DEPTH, "XML of another kind")
        self._text.clear()
        if begin := self._starts.get(self._where):
            begin()

    def data(self, text: str) -> None:
        if len(self._text) < MOST_OF_A_NAME:
            self._text.append(text)

    def end(self, _tag: str) -> None:
        if finish := self._ends.get(self._where):
            finish("".join(self._text).strip())
        self._path.pop()
        self._text.clear()

    def close(self) -> None:
        """Nothing is built."""

    @property
    def _where(self) -> str:
        return "/".join(self._path[1:])


def _parse(body: Body, target: _Target) -> None:
    parser = ElementTree.XMLParser(target=target)  # noqa: S314  # expat bounds the expansion of entities
    for at in range(0, len(body), PIECE):
        parser.feed(body[at : at + PIECE])
        breathe()
    parser.close()


def export_of_xml(body: Body) -> Export:
    entries: list[str] = []
    made = Export(legend_of(0, entries))
    times: list[float] = []
    row: Row = array("f")

    def begin(_text: str) -> None:
        check(not made.rows, "two legends")
        made.legend = legend_of(hash(tuple(entries)), entries)

    def value(text: str) -> None:
        check(len(row) < made.legend.width, "measurements do not fit their legend")
        row.append(float(text or "nan"))

    def finish(_text: str) -> None:
        nonlocal row
        check(len(times) == 1, "measurements without a time")
        made.add(times.pop(), row)
        row = array("f")

    ends = {
        "meta/legend/entry": entries.append,
        "meta/legend": begin,
        "data/row/t": lambda text: times.append(float(text)),
        "data/row/v": value,
    }
    _parse(body, _Target("xport", {**ends, "data/row": finish}, {}))
    return made


def whole_of_xml(body: Body) -> Whole:
    made = Whole()
    row: Row = array("f")

    def value(text: str) -> None:
        check(len(row) < len(made.sources), "an archive that does not fit its sources")
        row.append(float(text or "nan"))

    def finish(_text: str) -> None:
        nonlocal row
        made.archives[-1].add(row, len(made.sources))
        row = array("f")

    def number(name: str) -> Callable[[str], None]:
        return lambda text: setattr(made, name, float(text))

    def of_archive(name: str, read: Callable[[str], object]) -> Callable[[str], None]:
        return lambda text: setattr(made.archives[-1], name, read(text))

    ends = {
        "step": number("step"),
        "lastupdate": number("last_update"),
        "ds/name": made.sources.append,
        "rra/cf": of_archive("cf", str),
        "rra/pdp_per_row": of_archive("pdp_per_row", float),
        "rra/database/row/v": value,
        "rra/database/row": finish,
    }
    _parse(body, _Target("rrd", ends, {"rra": lambda: made.archives.append(Archive())}))
    return made
