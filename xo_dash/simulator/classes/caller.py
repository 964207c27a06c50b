"""Callers, and how much each may call. Everyone is told apart, nobody is held up."""

from __future__ import annotations

import re

from ..call import Call
from ..database import Record
from ..errors import XapiError
from ..generic import constructor
from ..registry import message
from ..types import NULL

GROUP = re.compile(r"[A-Za-z0-9_.-]*$")
LONGEST = 64
BOTH = "user_agent/client_ip"


@message("Caller.create")
def create(call: Call, args: Record) -> str:
    """The same agent and address are the same caller."""
    fields = constructor(call.db.model, "Caller", args)
    agent, address = fields.get("user_agent", ""), fields.get("client_ip", "")
    if not (agent or address):
        raise XapiError("INVALID_VALUE", BOTH, "at least one of user_agent or client_ip must be set")
    if agent in ("", "*") and address in ("", "*"):
        raise XapiError("INVALID_VALUE", BOTH, "all-wildcard pattern not allowed")
    for ref in call.db.find("Caller", user_agent=agent, client_ip=address):
        call.db.set(ref, name_label=fields.get("name_label", ""), name_description=fields.get("name_description", ""))
        return ref
    return call.db.create("Caller", fields)


def check_group(group: str) -> None:
    if group == "":
        raise XapiError("INVALID_VALUE", "group", "empty group name")
    if len(group) > LONGEST:
        raise XapiError("INVALID_VALUE", "group", f"group name must be at most {LONGEST} characters")
    if not GROUP.match(group):
        raise XapiError("INVALID_VALUE", "group", "group name may only contain letters, digits, '_', '-' and '.'")


@message("Caller.add_group")
def add_group(call: Call, caller: str, group: str) -> str:
    check_group(group)
    held = call.db.get(caller, "groups")
    if group not in held:
        call.db.set(caller, groups=[*held, group])
    return ""


@message("Caller.remove_group")
def remove_group(call: Call, caller: str, group: str) -> str:
    call.db.set(caller, groups=[held for held in call.db.get(caller, "groups") if held != group])
    return ""


@message("Caller.query_call_count", "Caller.query_token_usage")
def query(call: Call, _caller: str) -> float:
    return 0 if call.method.endswith("count") else 0.0


@message("Caller.query_group_call_count", "Caller.query_group_token_usage")
def query_group(call: Call, group: str) -> float:
    if group == "":
        raise XapiError("INVALID_VALUE", "group", "empty group name")
    return 0 if call.method.endswith("count") else 0.0


@message("Caller.query_all_usage")
def query_all(call: Call) -> list[list[str]]:
    return [[record["uuid"], record["name_label"], "0.000", "0"] for _, record in call.db.records("Caller")]


def check_limit(**values: float) -> None:
    for name in ("fill_rate", "burst_size"):
        if name in values and values[name] <= 0:
            raise XapiError("INVALID_VALUE", name, f"{values[name]:.12g}" + ("." if float(values[name]).is_integer() else ""))


@message("Rate_limit.create")
def create_limit(call: Call, args: Record) -> str:
    fields = constructor(call.db.model, "Rate_limit", args)
    check_limit(burst_size=fields.get("burst_size", 0.0), fill_rate=fields.get("fill_rate", 0.0))
    return call.db.create("Rate_limit", fields)


@message("Rate_limit.set_burst_size", "Rate_limit.set_fill_rate")
def set_limit(call: Call, limit: str, value: float) -> str:
    name = call.method.removeprefix("Rate_limit.set_")
    check_limit(**{name: value})
    call.db.set(limit, **{name: value})
    return ""


@message("Rate_limit.add_caller")
def add_caller(call: Call, limit: str, caller: str) -> str:
    call.db.set(caller, rate_limit=limit, auto_registered=False)
    return ""


@message("Rate_limit.remove_caller")
def remove_caller(call: Call, limit: str, caller: str) -> str:
    if call.db.get(caller, "rate_limit") == limit:
        call.db.set(caller, rate_limit=NULL)
    return ""
