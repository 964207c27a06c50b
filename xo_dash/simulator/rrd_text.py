"""How metrics are written: JSON as new xapis write it (every number is a string), as old ones did (bare, NaN too), or XML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

XML = '<?xml version="1.0" encoding="UTF-8"?>\n'


@dataclass(frozen=True, slots=True)
class RrdDialect:
    """Around one value, and between two."""

    name: str
    before: str
    after: str
    between: str

    def template(self, kinds: str) -> str:
        """A format for one row: `kinds` has d or f for each value."""
        return self.between.join(f"{self.before}%{'d' if kind == 'd' else '.4f'}{self.after}" for kind in kinds)

    def blank(self, count: int) -> str:
        return self.between.join([f"{self.before}NaN{self.after}"] * count)

    def row(self, values: Sequence[float]) -> str:
        """One row in which there may be gaps."""
        forms = (f"{value:.4f}".replace("nan", "NaN") for value in values)
        return self.between.join(f"{self.before}{form}{self.after}" for form in forms)

    def value(self, text: str | float) -> str:
        """One value beside the rows."""
        plain = "NaN" if text != text else text  # noqa: PLR0124  only NaN differs from itself
        return f'"{plain}"' if self.name == "modern" else str(plain)


MODERN = RrdDialect("modern", '"', '"', ",")
OLD = RrdDialect("8.2", "", "", ",")
AS_XML = RrdDialect("xml", "<v>", "</v>", "")


@dataclass(frozen=True, slots=True)
class Meta:
    """`asked` is the time the rows begin at."""

    start: int
    step: int
    end: int
    asked: int

    def fields(self, rows: int, columns: int) -> list[tuple[str, int]]:
        return [("start", self.start), ("step", self.step), ("end", self.end), ("rows", rows), ("columns", columns)]


def updates(dialect: RrdDialect, meta: Meta, legend: Sequence[str], rows: Iterable[tuple[int, str]]) -> str:
    """/rrd_updates: `rows` are (time, text of the values), newest first."""
    rows = list(rows)
    fields = meta.fields(len(rows), len(legend))
    if dialect is AS_XML:
        head = "".join(f"<{name}>{value}</{name}>" for name, value in fields)
        named = "".join(f"<entry>{entry}</entry>" for entry in legend)
        body = "".join(f"<row><t>{time}</t>{values}</row>" for time, values in rows)
        return f"{XML}<xport><meta>{head}<legend>{named}</legend></meta><data>{body}</data></xport>"
    head = ",".join(f'"{name}":{dialect.value(value)}' for name, value in fields)
    named = '","'.join(legend)
    body = ",".join(f'{{"t":{dialect.value(time)},"values":[{values}]}}' for time, values in rows)
    legend_text = f'"{named}"' if legend else ""
    return f'{{"meta":{{{head},"legend":[{legend_text}]}},"data":[{body}]}}'


@dataclass(frozen=True, slots=True)
class RrdArchive:
    cf: str
    pdp_per_row: int
    xff: float
    rows: list[str]  # oldest first


def archives(dialect: RrdDialect, lastupdate: int, sources: Sequence[tuple[str, float | int]], held: Sequence[RrdArchive]) -> str:
    """A whole RRD: `sources` are (name, last value)."""
    if dialect is AS_XML:
        return _archives_xml(lastupdate, sources, held)
    v = dialect.value
    ds = ",".join(
        f'{{"name":"{name}","type":"GAUGE","minimal_heartbeat":{v(300)},"min":{v(0.0)},"max":{v(_most(name))},"last_ds":{v(last)},'
        f'"value":{v(last)},"unknown_sec":{v(0.0)},"last_updated":{v(lastupdate)}}}'
        for name, last in sources
    )
    prep = ",".join(
        [f'{{"primary_value":{v(0.0)},"secondary_value":{v(0.0)},"value":{v(0.0)},"unknown_datapoints":{v(0)}}}'] * len(sources)
    )
    rra = ",".join(
        f'{{"cf":"{archive.cf}","pdp_per_row":{v(archive.pdp_per_row)},"params":{{"xff":{v(archive.xff)}}},"cdp_prep":{{"ds":[{prep}]}},'
        f'"database":[{",".join(f"[{row}]" for row in archive.rows)}]}}'
        for archive in held
    )
    return f'{{"version":"0003","step":{v(5)},"lastupdate":{v(lastupdate)},"ds":[{ds}],"rra":[{rra}]}}'


def _archives_xml(lastupdate: int, sources: Sequence[tuple[str, float | int]], held: Sequence[RrdArchive]) -> str:
    ds = "".join(
        f"<ds><name>{name}</name><type>GAUGE</type><minimal_heartbeat>300</minimal_heartbeat><min>0.0</min><max>{_most(name)}</max>"
        f"<last_ds>{last}</last_ds><value>{last}</value><unknown_sec>0</unknown_sec></ds>"
        for name, last in sources
    )
    zeros = "".join(f"<{name}>0.0</{name}>" for name in ("primary_value", "secondary_value", "value"))
    one = f"{zeros}<unknown_datapoints>0</unknown_datapoints>"
    prep = f"<ds>{one}</ds>" * len(sources)
    rra = "".join(
        f"<rra><cf>{archive.cf}</cf><pdp_per_row>{archive.pdp_per_row}</pdp_per_row><params><xff>{archive.xff}</xff></params><cdp_prep>{prep}</cdp_prep>"
        f"<database>{''.join(f'<row>{row}</row>' for row in archive.rows)}</database></rra>"
        for archive in held
    )
    return f"{XML}<rrd><version>0003</version><step>5</step><lastupdate>{lastupdate}</lastupdate>{ds}{rra}</rrd>"


def _most(name: str) -> str:
    return "1" if name.startswith("cpu") else "Infinity"
