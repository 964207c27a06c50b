"""The file: one XML element a row, one attribute a column, read as a stream and written again.

Values are text, as XAPI's database has them: s-expressions for sets and maps. Runs of spaces, line breaks and `%` are escaped, by
newer xapis every space.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

MIB = 1 << 20
LARGEST = 512 * MIB  # of a file: pools of 10,000 VMs with snapshots stay well below
MOST_ROWS = 1_000_000
NESTED = 4  # elements inside each other: database, table, row; anything deeper is something else
ESCAPES = {".": " ", "_": "  ", "t": "\t", "n": "\n", "r": "\r", "%": "%"}
PROTECTED = str.maketrans({" ": "%.", "\t": "%t", "\n": "%n", "\r": "%r", "%": "%%"})
ESCAPED = re.compile(r"%([._tnr%])")
BOOKKEEPING = frozenset({"ref", "_ref", "__ctime", "__mtime"})

Columns = dict[str, str]


class DumpError(Exception):
    """Why this is no database to serve, as one sentence that names the file."""


@dataclass(slots=True)
class Dump:
    """`tables` is {class: {reference: {column: text}}}, columns by XAPI's names for them (name__label)."""

    path: Path
    manifest: dict[str, str] = field(default_factory=dict)
    tables: dict[str, dict[str, Columns]] = field(default_factory=dict)

    def rows(self, cls: str) -> dict[str, Columns]:
        return self.tables.get(cls, {})

    @property
    def hosts(self) -> list[str]:
        """References, the master first."""
        hosts = list(self.rows("host"))
        master = next((row.get("master", "") for row in self.rows("pool").values()), "")
        return sorted(hosts, key=lambda ref: ref != master)


def unescape(text: str) -> str:
    return ESCAPED.sub(lambda found: ESCAPES[found[1]], text) if "%" in text else text


def escape(text: str) -> str:
    return text.translate(PROTECTED)


class _Reader:
    """What expat tells, put into a Dump."""

    def __init__(self, dump: Dump) -> None:
        self.dump = dump
        self._depth = 0
        self._table: dict[str, Columns] | None = None
        self._refs: set[str] = set()

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth == 1 and name != "database":
            raise self.complaint(f"is no database of a xapi: it begins with <{name[:40]}>, not with <database>")
        if self._depth > NESTED:
            raise self.complaint("is no database of a xapi: its elements lie too deep")
        if name == "pair":
            self.dump.manifest[attributes.get("key", "")] = attributes.get("value", "")
        elif name == "table":
            self._table = self.dump.tables.setdefault(attributes.get("name", ""), {})
        elif name == "row" and self._table is not None:
            self._row(attributes)

    def _row(self, attributes: dict[str, str]) -> None:
        ref = attributes.get("ref") or attributes.get("_ref")
        if not ref or self._table is None:
            raise self.complaint("is no database of a xapi: a row has no ref")
        if ref in self._refs:
            raise self.complaint(f"is damaged: two rows are called {ref[:60]}")
        self._refs.add(ref)
        if len(self._refs) > MOST_ROWS:
            raise self.complaint(f"has more than {MOST_ROWS:,} rows: no pool is that large")
        self._table[ref] = {name: unescape(text) for name, text in attributes.items() if name not in BOOKKEEPING}

    def end(self, _name: str) -> None:
        self._depth -= 1
        if self._depth == 1:
            self._table = None

    def no_doctype(self, *_: object) -> None:
        raise self.complaint("is no database of a xapi: it declares a document type")

    def complaint(self, what: str) -> DumpError:
        return DumpError(f"{self.dump.path} {what}")


def read(path: Path) -> Dump:
    """DumpError, in words, if it cannot be read, ends too early, is too large or something else."""
    dump = Dump(path)
    try:
        size = path.stat().st_size
        if path.is_file() and size > LARGEST:
            raise DumpError(f"{path} has {size // MIB} MiB: at most {LARGEST // MIB} MiB are read")
        with path.open("rb") as file:
            _parse(dump, lambda: file.read(MIB))
    except OSError as error:
        raise DumpError(f"{path} cannot be read: {error.strerror}") from None
    if not dump.rows("pool"):
        raise DumpError(f"{path} is no database of a xapi: there is no pool in it")
    if not dump.rows("host"):
        raise DumpError(f"{path} has a pool without hosts: nobody could answer for it")
    return dump


def _parse(dump: Dump, chunk: Callable[[], bytes]) -> None:
    reader = _Reader(dump)
    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.StartDoctypeDeclHandler = reader.no_doctype  # no entities, so none that explode
    seen = 0
    try:
        while data := chunk():
            seen += len(data)
            if seen > LARGEST:
                raise reader.complaint(f"is too large: at most {LARGEST // MIB} MiB are read")
            parser.Parse(data, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        begun = bool(dump.manifest or dump.tables)
        if error.code in (expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS],
                          expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_TOKEN]) and begun:  # fmt: skip
            raise reader.complaint(f"ends too early, in line {error.lineno}: the copy is not complete") from None
        where = f"line {error.lineno}: {expat.errors.messages.get(error.code, str(error.code))}"
        raise reader.complaint(f"is {'damaged' if begun else 'no database of a xapi'} ({where})") from None


def write(dump: Dump, path: Path) -> None:
    """As a xapi of today writes it. DumpError if there is no place for it."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.writelines(_lines(dump))
    except FileExistsError:
        raise DumpError(f"{path} exists already: choose another name") from None
    except OSError as error:
        raise DumpError(f"{path} cannot be written: {error.strerror}") from None


def _lines(dump: Dump) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<database><manifest>'
    for key, value in dump.manifest.items():
        yield f"<pair key={quoteattr(key)} value={quoteattr(value)}/>"
    yield "</manifest>"
    for name, rows in dump.tables.items():
        yield f"<table name={quoteattr(name)}>"
        for ref, columns in rows.items():
            told = {"_ref": ref, **columns}
            yield f"<row ref={quoteattr(ref)} " + " ".join(f"{k}={quoteattr(escape(told[k]))}" for k in sorted(told)) + "/>"
        yield "</table>"
    yield "</database>\n"
