"""Still pictures: one request at a time for each host, and none within 30 seconds of the last."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, cast

from data.mirror import Mirror
from data.objects import VM, Console, Host, HostMetrics, PowerState
from data.types import Ref
from tests import fakes
from xo_dash.consoles.consoles import ConsoleConnections
from xo_dash.consoles.pictures import FRESH, ConsolePictures
from xo_dash.xapi.errors import Unreachable
from xo_dash.xapi.wire import Reply

JPEG = b"\xff\xd8\xff picture"


class Hosts:
    """Answers each request when told to; `most` is how many one host had at once."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.now: dict[str, int] = {}
        self.most = 0
        self.reply = Reply(200, "image/jpeg", JPEG)
        self.is_down = False

    def __call__(self, _server_id: str) -> Hosts:
        return self

    async def get(self, host: str, path: str, params: Mapping[str, str], use: Callable[[Reply], bytes], **_more: object) -> bytes:
        assert path == "/vncsnapshot"
        self.asked.append(params["uuid"])
        self.now[host] = self.now.get(host, 0) + 1
        self.most = max(self.most, self.now[host])
        await asyncio.sleep(0)
        self.now[host] -= 1
        if self.is_down:
            raise Unreachable("down")
        return use(self.reply)


def lab() -> tuple[Mirror, list[VM]]:
    """One host with three VMs that have screens."""
    mirror = Mirror()
    builder = fakes.Builder(mirror, "lab")
    host = builder.put(Host, address="192.0.2.9", metrics=builder.put(HostMetrics, live=True))
    for number in range(3):
        ref = Ref(f"OpaqueRef:vm-{number}")
        console = builder.put(Console, protocol="rfb", VM=ref)
        builder.put(VM, ref, name_label=f"vm-{number}", power_state="Running", resident_on=host, consoles=[console])
    home = builder.commit()
    return mirror, list(home.all(VM).values())


async def test_one_request_at_a_time_and_none_for_what_is_fresh() -> None:
    mirror, vms = lab()
    hosts, now = Hosts(), [1000.0]
    pictures = ConsolePictures(cast(ConsoleConnections, cast(Any, hosts)), lambda: now[0])
    found = await asyncio.gather(*(pictures.of(vm) for vm in vms * 3))
    assert hosts.most == 1 and sorted(hosts.asked) == sorted(vm.uuid for vm in vms)
    assert all(one is not None and one.content == JPEG for one in found)
    now[0] += FRESH
    again = await pictures.of(vms[0])
    assert again is not None and (again.taken, again.since) == (1000.0 + FRESH, 1000.0)
    hosts.is_down, now[0] = True, now[0] + FRESH
    assert await pictures.of(vms[0]) is again  # the last one stays
    asked = len(hosts.asked)
    fakes.change(mirror, vms[1], power_state=PowerState.HALTED)
    assert await pictures.of(vms[1]) is not None and len(hosts.asked) == asked


async def test_what_is_no_picture_is_not_shown() -> None:
    _mirror, vms = lab()
    hosts = Hosts()
    hosts.reply = Reply(200, "text/html", b"<script>")
    assert await ConsolePictures(cast(ConsoleConnections, cast(Any, hosts)), lambda: 1000.0).of(vms[0]) is None
