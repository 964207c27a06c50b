"""sdncontroller.py: OpenFlow rules of a host's bridges, as an SDN controller outside has them set."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ..call import Call
from .script import Functions, failure, kept

PARSER, PARAMETERS, SWITCH, PORTS = 1, 2, 3, 4  # codes of its errors
PROTOCOLS = {"tcp", "udp", "icmp", "ip", "arp"}
MAC = re.compile(r"([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}")
OCTET = r"(25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)"
RANGE = re.compile(rf"({OCTET}\.){{3}}{OCTET}(/\d{{1,2}})?")
COOKIE = re.compile(r"0x0*([0-9a-fA-F]{1,16})")


def read(function: str, arguments: Mapping[str, str], *, action: bool) -> dict[str, Any]:
    """A rule's parts, checked."""

    def wrong(text: str) -> Exception:
        return failure(f"{function}: Failed to get parameters: {text}", PARSER)

    for name in ("bridge", "direction", "protocol", "ipRange", *(["allow"] if action else [])):
        if name not in arguments:
            raise wrong(f"{name} parameter is missing")
    checks = (
        ("bridge", re.search(r"\b\w+\d+\b", arguments["bridge"]), "bridge name"),
        ("mac", MAC.fullmatch(arguments.get("mac", "00:00:00:00:00:00")), "MAC"),
        ("direction", {"to", "from"} & set(arguments["direction"].lower().split("/")), "direction"),
        ("ipRange", RANGE.fullmatch(arguments["ipRange"]), "IP range"),
        ("port", number(arguments.get("port", "0")), "port"),
        ("priority", number(arguments.get("priority", "0")), "priority"),
        ("cookie", COOKIE.fullmatch(arguments.get("cookie", "0x0")), "cookie"),
    )
    for name, good, what in checks:
        if not good:
            raise wrong(f"'{arguments.get(name)}' is not a valid {what}")
    protocol = arguments["protocol"].lower()
    if protocol not in PROTOCOLS:
        raise wrong(f"'{protocol}' is not a supported protocol")
    if action and arguments["allow"].lower() not in ("true", "false"):
        raise wrong(f"allow parameter should be true or false, not '{arguments['allow']}'")
    if protocol in ("tcp", "udp") and not arguments.get("port"):
        raise failure(f"{function}: No port provided, tcp and udp requires one", PARAMETERS)
    return {**arguments, "protocol": protocol, "cookie": arguments.get("cookie", "0x0").lower()}


def number(text: str) -> bool:
    return text.isdigit() and int(text) <= 65535


def matches(rule: Mapping[str, Any]) -> list[str]:
    """What the rule is about, one line for each direction."""
    lines = []
    for way, mac, address, port in (("to", "dl_src", "nw_dst", "tp_dst"), ("from", "dl_dst", "nw_src", "tp_src")):
        if way in rule["direction"].lower().split("/"):
            parts = [rule["protocol"], f"{mac}={rule['mac']}" if rule.get("mac") else "", f"{address}={rule['ipRange']}"]
            parts.append(f"{port}={rule['port']}" if rule.get("port") else "")
            lines.append(",".join(part for part in parts if part))
    return lines


def flows(call: Call, host: str, bridge: str) -> dict[str, dict[str, str]]:
    """{match: rule} of a bridge that is there."""
    bridges = {call.db.get(call.db.get(pif, "network"), "bridge") for pif in call.db.get(host, "PIFs")}
    if bridge not in bridges:
        command = ["ovs-vsctl", "br-to-parent", bridge]
        raise failure(f"Error running ovs-vsctl command: {command}: ovs-vsctl: no bridge named {bridge}\n", SWITCH)
    held: dict[str, dict[str, str]] = kept(call, host, "sdncontroller").setdefault(bridge, {})
    return held


def add_rule(call: Call, host: str, arguments: Mapping[str, str]) -> str:
    rule = read("add_rule", arguments, action=True)
    held = flows(call, host, rule["bridge"])
    if rule["cookie"] != "0x0":
        forget(held, rule["cookie"])
    action = "NORMAL" if rule["allow"].lower() == "true" else "drop"
    for line in matches(rule):
        held[line] = {"cookie": rule["cookie"], "priority": rule.get("priority", "32768"), "actions": action}
    return json.dumps(True)


def del_rule(call: Call, host: str, arguments: Mapping[str, str]) -> str:
    rule = read("del_rule", arguments, action=False)
    held = flows(call, host, rule["bridge"])
    if rule["cookie"] != "0x0":
        forget(held, rule["cookie"])
    else:
        for line in matches(rule):
            held.pop(line, None)
    return json.dumps(True)


def forget(held: dict[str, dict[str, str]], cookie: str) -> None:
    for line in [line for line, rule in held.items() if rule["cookie"] == cookie]:
        del held[line]


def dump_flows(call: Call, host: str, arguments: Mapping[str, str]) -> str:
    bridge = arguments.get("bridge")
    if bridge is None:
        raise failure("dump_flows: Failed to get parameters: bridge parameter is missing", PARSER)
    counted = "duration=1s, table=0, n_packets=0, n_bytes=0"
    rules = flows(call, host, bridge).items()
    lines = [f" cookie={r['cookie']}, {counted}, priority={r['priority']},{line} actions={r['actions']}" for line, r in rules]
    lines.append(f" cookie=0x0, {counted}, priority=0 actions=NORMAL")
    out = "\n".join(["OFPST_FLOW reply (OF1.1) (xid=0x2):", *lines, ""])
    command = ["ovs-ofctl", "-O", "OpenFlow11", "dump-flows", bridge]
    return json.dumps({"stdout": out, "stderr": "", "command": command, "returncode": 0})


FUNCTIONS: Functions = {"add-rule": add_rule, "del-rule": del_rule, "dump-flows": dump_flows}
