"""How a pool of another make writes its answers: JSON-RPC or XML-RPC, with the habits that differ between versions."""

from __future__ import annotations

import gzip
import json
import math
from typing import Any
from xml.sax.saxutils import escape


def as_texts(value: Any) -> Any:
    """Every whole number as text, as servers do that were made for XML-RPC."""
    match value:
        case bool() | float() | str() | None:
            return value
        case int():
            return str(value)
        case dict():
            return {key: as_texts(one) for key, one in value.items()}
        case _:
            return [as_texts(one) for one in value]


def json_reply(id_: Any, result: Any = None, failure: list[str] | None = None) -> bytes:
    """JSON-RPC 2; NaN is the bare word."""
    if failure is None:
        return json.dumps({"jsonrpc": "2.0", "id": id_, "result": result}).encode()
    error = {"code": 1, "message": failure[0], "data": failure[1:]}
    return json.dumps({"jsonrpc": "2.0", "id": id_, "error": error}).encode()


def early_reply(failure: list[str]) -> bytes:
    """Of a host that has not started: the error is a bare list, the id none that anybody gave."""
    return json.dumps({"jsonrpc": "2.0", "id": 0, "error": failure}).encode()


def xml_reply(result: Any = None, failure: list[str] | None = None) -> bytes:
    envelope = {"Status": "Failure", "ErrorDescription": failure} if failure else {"Status": "Success", "Value": result}
    text = f'<?xml version="1.0"?><methodResponse><params><param>{_value(envelope)}</param></params></methodResponse>'
    return text.encode("utf-8", "replace")


def _value(value: Any) -> str:
    match value:
        case bool():
            inner = f"<boolean>{value:d}</boolean>"
        case float():
            inner = f"<double>{'nan' if math.isnan(value) else value}</double>"
        case dict():
            members = "".join(f"<member><name>{_text(key)}</name>{_value(one)}</member>" for key, one in value.items())
            inner = f"<struct>{members}</struct>"
        case list():
            inner = f"<array><data>{''.join(map(_value, value))}</data></array>"
        case None:
            inner = "<nil/>"
        case _:
            inner = _text(value)
    return f"<value>{inner}</value>"


def _text(value: object) -> str:
    return escape("".join(sign for sign in str(value) if sign >= " " or sign in "\t\n\r"))


def measurements(kind: str, names: list[tuple[str, str]], end: int) -> tuple[str, bytes]:
    """(content type, body) of /rrd_updates for (vm or host, uuid) `names`; `kind`: quoted, bare, xml, endless."""
    legend = [f"AVERAGE:{owner}:{uuid}:{source}" for owner, uuid in names for source in _SOURCES[owner]]
    odd = [float("nan"), float("inf"), 0.25, -1.0] if kind == "endless" else [float("nan"), 0.25, 0.5]
    times = [end - 5 * step for step in range(6)]
    rows = [(t, [odd[(at + number) % len(odd)] for at in range(len(legend))]) for number, t in enumerate(times)]
    if kind == "xml":
        data = "".join(f"<row><t>{t}</t>{''.join(f'<v>{_word(value)}</v>' for value in values)}</row>" for t, values in rows)
        entries = "".join(f"<entry>{entry}</entry>" for entry in legend)
        meta = f"<start>{times[-1]}</start><step>5</step><end>{end}</end><rows>6</rows><columns>{len(legend)}</columns>"
        return "text/xml", f"<xport><meta>{meta}<legend>{entries}</legend></meta><data>{data}</data></xport>".encode()
    write = (lambda value: f'"{_word(value)}"') if kind == "quoted" else _word
    meta = {"start": times[-1], "step": 5, "end": end, "rows": 6, "columns": len(legend), "legend": legend}
    data = ",".join(f'{{"t":{t},"values":[{",".join(map(write, values))}]}}' for t, values in rows)
    return "application/json", f'{{"meta":{json.dumps(meta)},"data":[{data}]}}'.encode()


_SOURCES = {
    "vm": ("cpu0", "cpu1", "memory", "memory_internal_free", "vif_0_rx", "vbd_xvda_read", "something_else"),
    "host": ("cpu0", "memory_total_kib", "memory_free_kib", "pif_eth0_rx", "loadavg"),
}


def _word(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if math.isinf(value) else f"{value}"


def chunked(body: bytes) -> bytes:
    pieces = [body[at : at + 1000] for at in range(0, len(body), 1000)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def zipped(body: bytes) -> bytes:
    return gzip.compress(body, 1)
