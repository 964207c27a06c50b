"""The proxy between a browser and a host's console, over real sockets on both sides."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from data.consoles import Protocol
from data.stores.users import Role
from tests.console.viewer import Screens, screens, typed_into
from tests.waiting import until
from xo_dash.consoles import consoles
from xo_dash.simulator.testing import SimulatedPool, simulated


@pytest.fixture(scope="module")
def lab() -> Iterator[SimulatedPool]:
    with simulated(hosts=(2,), vms=(5,), speed=50) as simulation:
        yield simulation.pool


@pytest.fixture
async def ours(lab: SimulatedPool, tmp_path: Path) -> AsyncIterator[Screens]:
    async with screens(lab, tmp_path) as ours:
        yield ours


async def test_an_operator_types_over_a_reboot_and_a_migration(lab: SimulatedPool, ours: Screens) -> None:
    vm = next(vm for vm in ours.running if len(lab.call("VM.get_possible_hosts", vm.ref)) > 1)
    async with ours.viewer(ours.sign_in(Role.OPERATOR), vm) as viewer:
        size = await viewer.greet()
        assert len(await viewer.update(size, incremental=False)) == size[0] * size[1] * 4
        await viewer.type("anna\necho hello\n")
        assert await viewer.update(size, incremental=True)  # the echo
        await until(lambda: "hello" in typed_into(lab, vm))
        await until(lambda: ours.audited("vm.console") == [(vm.uuid, Role.OPERATOR)])  # once, however much is typed
        console, host = vm.consoles[0], vm.resident_on
        await asyncio.to_thread(lab.call, "VM.hard_reboot", vm.ref)
        assert (await viewer.until(may_use=True))["is"] in ("restarting", "reconnecting")
        await viewer.type("lost")  # there is nothing to type to
        await viewer.greet()
        assert vm.consoles[0] != console and "hello" not in typed_into(lab, vm)
        other = next(ref for ref in lab.call("host.get_all") if ref != host)
        await until(lambda: "pool_migrate" in vm.allowed_operations)  # with its tools
        await asyncio.to_thread(lab.call, "VM.pool_migrate", vm.ref, other, {})
        size = await viewer.greet()
        assert vm.resident_on == other
        await viewer.update(size, incremental=False)


async def test_the_keys_of_a_viewer_are_dropped(lab: SimulatedPool, ours: Screens) -> None:
    vm = ours.running[1]
    async with ours.viewer(ours.sign_in(Role.VIEWER), vm) as viewer, ours.viewer(ours.sign_in(Role.OPERATOR), vm) as operator:
        ours.session = None
        size = await viewer.greet()
        await operator.greet()
        await viewer.type("secret")
        await viewer.update(size, incremental=False)  # so all before it was read
        await operator.type("seen")
        await until(lambda: typed_into(lab, vm)[-1].endswith("seen"))
        assert "secret" not in "".join(typed_into(lab, vm))


async def test_it_waits_for_a_vm_that_is_off_and_starts_it(lab: SimulatedPool, ours: Screens) -> None:
    vm = ours.halted
    async with ours.viewer(ours.sign_in(Role.OPERATOR), vm) as viewer:
        await viewer.until(**{"is": "halted"})
        await viewer.socket.send('{"start":true}')
        await viewer.greet()


async def test_it_ends_with_the_session_and_with_the_vm(lab: SimulatedPool, ours: Screens) -> None:
    session = ours.sign_in(Role.OPERATOR)
    async with ours.viewer(session, ours.running[0]) as viewer:
        await viewer.greet()
        ours.sessions.end(session)
        assert await viewer.ends() == (4401, "signed_out")
    async with ours.viewer(ours.sign_in(Role.VIEWER), "no-such-vm") as viewer:
        assert await viewer.ends() == (4404, "gone")
    assert ours.consoles.count == 0


async def test_a_hosts_own_console_is_for_administrators(ours: Screens) -> None:
    async with ours.viewer(ours.sign_in(Role.OPERATOR), ours.dom0) as viewer:
        assert await viewer.ends() == (4403, "no_right")
    async with ours.viewer(ours.sign_in(Role.ADMIN), ours.dom0, Protocol.TEXT) as viewer:
        await viewer.until(**{"is": "open"})


async def test_what_is_not_rfb_goes_no_further(ours: Screens) -> None:
    async with ours.viewer(ours.sign_in(Role.OPERATOR), ours.running[0]) as viewer:
        number = (await viewer.until(**{"is": "open"}))["number"]
        await viewer.socket.send(f'{{"ready":{number}}}')
        await viewer.socket.send(b"GET / HTTP/1.1\r\n")
        assert await viewer.ends() == (4400, "not_rfb")


async def test_there_is_a_limit_of_consoles(ours: Screens, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consoles, "OF_USER", 1)
    session = ours.sign_in(Role.OPERATOR)
    async with ours.viewer(session, ours.running[0]) as first:
        await first.greet()
        async with ours.viewer(session, ours.running[1]) as second:
            assert await second.ends() == (4429, "too_many")
    await until(lambda: ours.consoles.count == 0)


async def test_a_text_console_is_bytes(lab: SimulatedPool, ours: Screens) -> None:
    vm = ours.running[0]
    async with ours.viewer(ours.sign_in(Role.OPERATOR), vm, Protocol.TEXT) as viewer:
        number = (await viewer.until(**{"is": "open"}))["number"]
        await viewer.socket.send(f'{{"ready":{number}}}')
        await viewer.socket.send(b"root\r")
        while b"root" not in viewer.held:
            await viewer.step()
