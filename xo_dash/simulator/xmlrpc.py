"""XML-RPC as xapi writes it: bare strings, ints as text, dates with a Z, and its envelope.

A result is written by its type from the data model, so `5` becomes `<value>5</value>` where the model says int.
"""

from __future__ import annotations

import re
import xmlrpc.client
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from . import types
from .errors import MalformedError, XapiError
from .model import Model
from .types import DateTime, Type

Writer = Callable[[Any], str]
HEAD = '<?xml version="1.0"?><methodResponse><params><param>'
TAIL = "</param></params></methodResponse>"
SUCCESS = HEAD + "<value><struct><member><name>Status</name><value>Success</value></member><member><name>Value</name>"
UNSAFE = re.compile('[<>&"\x00-\x08\x0b\x0c\x0e-\x1f]')
ESCAPES = {"<": "&lt;", ">": "&gt;", "&": "&amp;", '"': "&quot;"}


def escape(text: str) -> str:
    """Control characters vanish silently, as in xapi."""
    return UNSAFE.sub(lambda found: ESCAPES.get(found[0], ""), text)


def decode(body: bytes) -> tuple[str, list[Any]]:
    """(method, parameters) of a request; MalformedError if it is none."""
    try:
        parameters, method = xmlrpc.client.loads(body)
    except Exception as error:
        raise MalformedError(str(error)) from error
    if method is None:
        raise MalformedError("no methodName")
    return method, [plain(p) for p in parameters]


def plain(value: Any) -> Any:
    if isinstance(value, xmlrpc.client.DateTime):
        return DateTime(value.value)
    if isinstance(value, xmlrpc.client.Binary):
        raise MalformedError("base64 is not spoken here")
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    return value


class XmlWriter:
    """Writes values of the data model's types."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._lower = {name.lower(): name for name in model.classes}
        self.writer = lru_cache(maxsize=None)(self._writer)  # one for each type there is

    def success(self, kind: Type, value: Any) -> str:
        return f"{SUCCESS}{self.value(kind, value)}</member></struct></value>{TAIL}"

    def bare(self, kind: Type, value: Any) -> str:
        """A reply without the Status envelope: system.listMethods."""
        return HEAD + self.value(kind, value) + TAIL

    def failure(self, error: XapiError) -> str:
        details = self.value(Type("set", of=Type("string")), error.details)
        return (
            f"{HEAD}<value><struct><member><name>Status</name><value>Failure</value></member>"
            f"<member><name>ErrorDescription</name>{details}</member></struct></value>{TAIL}"
        )

    def value(self, kind: Type, value: Any) -> str:
        return self.writer(kind)(value)

    def _writer(self, kind: Type) -> Writer:  # noqa: PLR0911  one for each type
        match kind.kind:
            case "int":
                return lambda v: f"<value>{v}</value>"
            case "bool":
                return lambda v: f"<value><boolean>{int(v)}</boolean></value>"
            case "float":
                return lambda v: f"<value><double>{v:.16g}</double></value>"
            case "datetime":
                return lambda v: f"<value><dateTime.iso8601>{v}</dateTime.iso8601></value>"
            case "set" | "option":
                return self._array(self.writer(kind.of or types.parse("string")))
            case "map":
                return self._struct(self.writer(kind.of or types.parse("string")))
            case "record" if kind.name == "event":
                return self._event
            case "record" if self._model.classes[kind.name].fields:
                return self._record(kind.name)
            case "batch":
                return self._batch
            case "void":
                return lambda v: "<value></value>"
        return lambda v: f"<value>{escape(v)}</value>"

    def _array(self, item: Writer) -> Writer:
        return lambda values: f"<value><array><data>{''.join(map(item, values))}</data></array></value>"

    def _struct(self, item: Writer) -> Writer:
        def write(values: dict[str, Any]) -> str:
            # names are not escaped: neither does xapi
            members = "".join(f"<member><name>{k}</name>{item(v)}</member>" for k, v in values.items())
            return f"<value><struct>{members}</struct></value>"

        return write

    def _record(self, cls: str) -> Writer:
        members = [(f.name, f"<member><name>{f.name}</name>", self.writer(f.type)) for f in self._model.classes[cls].fields.values()]

        def write(record: dict[str, Any]) -> str:
            body = "".join([f"{head}{item(record[name])}</member>" for name, head, item in members if name in record])
            return f"<value><struct>{body}</struct></value>"

        return write

    def _event(self, event: dict[str, Any]) -> str:
        text = "".join([f"<member><name>{k}</name><value>{v}</value></member>" for k, v in event.items() if k != "snapshot"])
        if "snapshot" in event:
            record = self.writer(Type("record", self._lower[event["class"]]))(event["snapshot"])
            text += f"<member><name>snapshot</name>{record}</member>"
        return f"<value><struct>{text}</struct></value>"

    def _batch(self, batch: dict[str, Any]) -> str:
        """What event.from answers: snapshots are records of the event's class; the counts are XAPI's only 32-bit integers."""
        events = map(self._event, batch["events"])
        counts = "".join(f"<member><name>{k}</name><value><i4>{v}</i4></value></member>" for k, v in batch["valid_ref_counts"].items())
        return (
            f"<value><struct><member><name>events</name><value><array><data>{''.join(events)}</data></array></value></member>"
            f"<member><name>valid_ref_counts</name><value><struct>{counts}</struct></value></member>"
            f"<member><name>token</name><value>{batch['token']}</value></member></struct></value>"
        )
