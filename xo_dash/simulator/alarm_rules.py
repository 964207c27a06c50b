"""A variable that is watched: which series make it, what is too much, for how long, and how long it is quiet afterwards."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.dom import minidom
from xml.parsers.expat import ExpatError

if TYPE_CHECKING:
    from .pool import Pool

log = logging.getLogger(__name__)

NOTHING = "_$_DUMMY__"
PER_HOST = "sr_io_throughput_total_per_host"
# (class, variable): (regular expression of its series, how they are put together, level, sense); None = must be given
DEFAULTS: Mapping[tuple[str, str], tuple[str, str, str | None, str]] = {
    ("VM", "cpu_usage"): ("cpu[0-9]+", "average", None, "high"),
    ("VM", "network_usage"): ("vif_[0-9]+_[rt]x", "sum", None, "high"),
    ("VM", "disk_usage"): ("vbd_(xvd|hd)[a-z]+_(read|write)", "sum", None, "high"),
    ("VM", "fs_usage"): (NOTHING, "get_percent_fs_usage", "0.9", "high"),
    ("VM", "log_fs_usage"): (NOTHING, "get_percent_log_fs_usage", "0.9", "high"),
    ("VM", "mem_usage"): (NOTHING, "get_percent_mem_usage", "0.95", "high"),
    ("VM", "memory_internal_free"): ("memory_internal_free", "sum", None, "low"),
    ("host", "cpu_usage"): ("cpu[0-9]+", "average", None, "high"),
    ("host", "network_usage"): ("pif_eth[0-9]+_[rt]x", "sum", None, "high"),
    ("host", "memory_free_kib"): ("memory_free_kib", "sum", None, "low"),
    ("SR", "physical_utilisation"): ("physical_utilisation|size", "get_percent_sr_usage", "0.8", "high"),
    ("SR", PER_HOST): (NOTHING, "sum", None, "high"),  # it is for the hosts
}
OF_SR = re.compile("sr_(io_throughput_total_[0-9a-f]{8})")  # the first characters of the SR's uuid

FUNCTIONS: Mapping[str, Callable[[list[float]], float]] = {
    "sum": sum,
    "average": lambda values: sum(values) / len(values) if values else 0.0,
    "max": lambda values: max(values, default=0.0),
    "get_percent_sr_usage": lambda values: values[0] / values[1] if len(values) == 2 and values[1] else 0.0,
    "get_percent_fs_usage": lambda _: 0.42,  # of the control domain, which is always the same here
    "get_percent_log_fs_usage": lambda _: 0.18,
    "get_percent_mem_usage": lambda _: 0.55,
}


class MisconfiguredError(Exception):
    """A setting that perfmon would only complain of in its log."""


@dataclass(slots=True)
class Variable:
    """`bad_for` counts down to the alarm, in seconds; `text` is the setting that it is from, `shown` its own part in XML."""

    text: str
    name: str
    regex: re.Pattern[str]
    function: Callable[[list[float]], float]
    level: float
    high: bool
    period: int
    inhibit: int
    priority: int
    shown: str
    bad_for: int = 0
    told: float = 0.0

    def update(self, sample: Mapping[str, float], time: float, step: int) -> str:
        """The body of an alarm, if there is one now."""
        value = self.function([sample[name] for name in sample if self.regex.fullmatch(name)])
        if not (value > self.level if self.high else value < self.level):
            self.bad_for = self.period
            return ""
        self.bad_for -= step
        if self.bad_for > 0:
            return ""
        self.bad_for = self.period
        if time - self.told < self.inhibit:
            return ""
        self.told = time
        return f"value: {value:f}\nconfig:\n{self.shown}"


def parsed(pool: Pool, ref: str, text: str, *, for_hosts: bool = False) -> list[Variable]:
    """None, if anything is wrong with the setting. `for_hosts`: those of an SR that its hosts watch, under another name."""
    if not text:
        return []
    cls, found = pool.db.class_of(ref) or "VM", dict[str, Variable]()
    try:
        for node in minidom.parseString(text).getElementsByTagName("variable"):  # noqa: S318  from who may configure the pool
            if for_hosts and not renamed(node, str(pool.db.get(ref, "uuid"))):
                continue
            made = variable("host" if for_hosts else cls, text, node)
            found.setdefault(made.name, made)
    except (MisconfiguredError, ExpatError, ValueError, re.error) as error:
        log.info("perfmon of %s: %s", pool.db.get(ref, "name_label"), error)
        return []
    return list(found.values())


def renamed(node: minidom.Element, sr: str) -> bool:
    """Make the variable one of a host, about this SR only; False for those that are not meant for hosts."""
    names = node.getElementsByTagName("name")
    if not names or names[0].getAttribute("value") != PER_HOST or node.getElementsByTagName("rrd_regex"):
        return False
    names[0].setAttribute("value", f"sr_io_throughput_total_{sr[:8]}")
    document = node.ownerDocument
    if document is not None:
        origin = document.createElement("configured_on")
        origin.setAttribute("class", "SR")
        origin.setAttribute("uuid", sr)
        node.appendChild(origin)
    return True


def variable(cls: str, text: str, node: minidom.Element) -> Variable:
    names = node.getElementsByTagName("name")
    if not names:
        raise MisconfiguredError("variable missing 'name' tag")
    name = names[0].getAttribute("value")
    regex, function, level, sense = DEFAULTS.get((cls, name), (None, "sum", None, "high"))
    if cls == "host" and (of_sr := OF_SR.fullmatch(name)):
        regex = of_sr[1]
    defaults = {"rrd_regex": regex, "consolidation_fn": function, "alarm_trigger_level": level, "alarm_trigger_sense": sense,
                "alarm_trigger_period": "60", "alarm_auto_inhibit_period": "3600", "alarm_priority": "3"}  # fmt: skip
    given = {tag: given_in(node, tag) or default for tag, default in defaults.items()}
    missing = next((tag for tag, value in given.items() if value is None), None)
    if missing:
        raise MisconfiguredError(f"variable {name}: no default {missing} - please specify one")
    told = {tag: str(value) for tag, value in given.items()}
    if told["consolidation_fn"] not in FUNCTIONS:
        raise MisconfiguredError(f"variable {name}: consolidation function {told['consolidation_fn']} not supported")
    period = int(told["alarm_trigger_period"])
    return Variable(
        text, name, re.compile(told["rrd_regex"]), FUNCTIONS[told["consolidation_fn"]], float(told["alarm_trigger_level"]),
        told["alarm_trigger_sense"] == "high", period, int(told["alarm_auto_inhibit_period"]), int(told["alarm_priority"]),
        node.toprettyxml(), bad_for=period,
    )  # fmt: skip


def given_in(node: minidom.Element, tag: str) -> str:
    found = node.getElementsByTagName(tag)
    return found[0].getAttribute("value") if found else ""
