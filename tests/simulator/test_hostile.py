"""A client that calls anything with anything: every answer is one of xapi's, nothing breaks, and the pool stays a pool."""

import http.client
import json
import random
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.simulator.client import sign_in, until
from tests.simulator.hostile import Caller, faults
from xo_dash.simulator import model
from xo_dash.simulator.model import Message
from xo_dash.simulator.testing import SimulatedPool, simulated

MODEL = model.load()
ENDS_THE_GAME = {  # the session, the clock's patience, or the machine that answers
    "session.logout", "session.local_logout", "session.logout_subject_identifier", "session.change_password", "event.from", "event.next",
    "host.reboot", "host.shutdown", "host.restart_agent", "host.shutdown_agent", "host.destroy", "host.backup_rrds", "host.power_on",
    "host.emergency_ha_disable", "host.management_disable", "host.management_reconfigure", "host.local_management_reconfigure",
    "pool.eject", "pool.join", "pool.join_force", "pool.designate_new_master", "pool.management_reconfigure", "PIF.reconfigure_ip",
    "pool.emergency_transition_to_master", "pool.emergency_reset_master", "pool.recover_slaves", "pool.disable_local_storage_caching",
    "pool.enable_ha", "pool.eject_all", "pool.rotate_secret", "host.set_address", "session.slave_local_login", "VM.set_start_delay",
    "VM.set_shutdown_delay",
}  # fmt: skip
LIVELY = ("VM", "VBD", "VIF", "VDI", "SR", "PBD", "network", "console", "VM_appliance", "VMSS", "message")
# codes that xapi has and its documentation has not
UNDOCUMENTED = ("VM_IS_SNAPSHOT", "HOSTS_FAILED_TO_ENABLE_CACHING", "CA_CERTIFICATE_INVALID")
CALLS = 1500  # at random


class Wire:
    """JSON-RPC over one connection that stays."""

    def __init__(self, pool: SimulatedPool) -> None:
        self.session = sign_in(pool, "hostile").session
        self.address = urlsplit(pool.url)
        self.connection = self._connection()

    def _connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(str(self.address.hostname), self.address.port, timeout=5)

    def error(self, method: str, arguments: list[Any]) -> list[str]:
        """[code, argument...], or nothing if it went well."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": [self.session, *arguments]})
        self.connection.request("POST", "/jsonrpc", body)
        told = self.connection.getresponse().read()
        try:
            answer = json.loads(told)
        except ValueError:
            return ["NO_JSON", told.decode()]
        return [answer["error"]["message"], *answer["error"]["data"]] if "error" in answer else []

    def again(self) -> None:
        self.connection.close()
        self.connection = self._connection()

    def close(self) -> None:
        self.connection.close()


@pytest.fixture
def pool() -> Iterator[SimulatedPool]:
    with simulated(hosts=(3,), vms=(20,), speed=200, seed="hostile") as simulation:
        yield simulation.pool


def tried(pool: SimulatedPool, caller: Caller, wire: Wire, message: Message, prefix: str = "") -> str:
    """What is wrong with the answer to a call of `message`; nothing if xapi could have given it."""
    arguments = pool.do(lambda _: caller.arguments(message))
    try:
        error = wire.error(prefix + message.name, arguments)
    except TimeoutError:
        wire.again()
        return f"{message.name}{tuple(arguments)}: no answer"
    known = not error or error[0] in MODEL.errors or error[0] in UNDOCUMENTED or error[0].startswith("SR_BACKEND_FAILURE_")
    return "" if known else f"{message.name}{tuple(arguments)}: {error}"[:400]


def test_every_method_answers_as_a_xapi_could(pool: SimulatedPool) -> None:
    wire = Wire(pool)
    caller = Caller(MODEL, pool.inside, random.Random(3))
    wrong: list[str] = []
    for name, message in MODEL.messages.items():
        if name not in ENDS_THE_GAME and not name.startswith(("session.login", "session.slave")):
            wrong += filter(None, [tried(pool, caller, wire, message)])
    wire.close()
    assert wrong == []


@pytest.mark.parametrize("seed", [1, 2])
def test_a_pool_survives_anything(pool: SimulatedPool, seed: int) -> None:
    """What can be asynchronous is, so that calls overlap; some have to wait for others."""
    wire = Wire(pool)
    caller = Caller(MODEL, pool.inside, random.Random(seed))
    choices = [m for m in MODEL.messages.values() if m.name.split(".")[0] in LIVELY and m.custom and m.name not in ENDS_THE_GAME]
    wrong: list[str] = []
    for message in caller.chance.choices(choices, k=CALLS):
        wrong += filter(None, [tried(pool, caller, wire, message, "Async." if message.asynchronous else "")])
    wire.close()
    until(lambda: not pending(pool), 20)
    assert wrong == []
    assert pool.do(lambda inside: list(faults(MODEL, inside))) == []


def pending(pool: SimulatedPool) -> list[str]:
    tasks = pool.call("task.get_all_records").values()
    return [task["name_label"] for task in tasks if task["status"] in ("pending", "cancelling") and task["name_label"].startswith("Async.")]
