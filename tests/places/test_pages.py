"""What a user sees on the pages of hosts, pools, SRs and networks; all of it changes while they look."""

from __future__ import annotations

import html
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from nicegui import ui

from components.charts import SumChart
from components.lists import Listing
from components.ui import Button, Card
from data.history import History
from data.mirror import Mirror
from data.objects import PBD, PIF, SR, VDI, VM, Host, HostMetrics, Network, PIFMetrics, Pool
from data.server import ServerState
from data.types import NULL_REF, XapiObject
from tests import fakes
from tests.places.house import Looking, eventually, looking
from tests.waiting import until
from xo_dash.control.actions import actions_for

EVIL = "<img src=x onerror=alert(1)>{{7*7}}"


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[Looking]:
    async with looking(tmp_path, fakes.home_lab()) as here:
        yield here


def lab_host(at: Looking) -> Host:
    return fakes.find(at.mirror, "xcp-lab-1", Host)


ONE: dict[str, Callable[[Mirror], XapiObject]] = {
    "/host/": lambda mirror: fakes.find(mirror, "xcp-lab-1", Host),
    "/pool/": lambda mirror: fakes.find(mirror, "lab-pool", Pool),
    "/sr/": lambda mirror: fakes.find(mirror, "nfs-vault", SR),
    "/network/": lambda mirror: fakes.find(mirror, "mgmt", Network),
}


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/hosts", ("xcp-lab-1", "attic")),
        ("/storage", ("nfs-vault", "usb-disk", "Local storage")),
        ("/networks", ("mgmt", "home", "vlan 20")),
    ],
)
async def test_lists_have_all_pools(at: Looking, path: str, names: tuple[str, ...]) -> None:
    await at.open(path)
    await eventually(at, lambda: set(names) <= at.texts())


@pytest.mark.parametrize("prefix", ONE)
async def test_a_page_shows_its_object_and_renames_it(at: Looking, prefix: str) -> None:
    row = ONE[prefix](at.mirror)
    await at.open(f"{prefix}{row.uuid}")
    await at.user.should_see(row.name_label)  # type: ignore[attr-defined]
    fakes.change(at.mirror, row, name_label="renamed")
    await at.user.should_see("renamed")


@pytest.mark.parametrize("prefix", ONE)
@pytest.mark.parametrize("uuid", ["nothing", "00000000-0000-0000-0000-000000000000", "%3Cscript%3E", "x" * 2000])
async def test_an_unknown_uuid_is_one_sentence_and_a_way_back(at: Looking, prefix: str, uuid: str) -> None:
    await at.open(f"{prefix}{uuid}", lists=False)
    await at.user.should_see("not found")
    await at.user.should_see("It was deleted, the address is wrong, or you have no access to it.")
    links = [link.props["href"] for link in at.user.find(kind=ui.link).elements]
    assert {"/pool/": "/hosts", "/host/": "/hosts", "/sr/": "/storage", "/network/": "/networks"}[prefix] in links


async def test_an_unknown_uuid_tells_of_pools_that_are_away(at: Looking) -> None:
    at.mirror.set_server(next(iter(at.mirror)).server, state=ServerState.UNREACHABLE)
    await at.open("/host/nothing", lists=False)
    await at.user.should_see("or it is in lab-pool, which is not connected")


@pytest.mark.parametrize("prefix", ONE)
async def test_a_uuid_of_another_kind_is_unknown(at: Looking, prefix: str) -> None:
    await at.open(f"{prefix}{fakes.find(at.mirror, 'db-01').uuid}", lists=False)
    await at.user.should_see("not found")


@pytest.mark.parametrize("prefix", ONE)
async def test_a_pool_that_is_away_is_said_and_one_that_is_back_is_not(at: Looking, prefix: str) -> None:
    row = ONE[prefix](at.mirror)
    await at.open(f"{prefix}{row.uuid}")
    server = next(iter(at.mirror)).server
    at.mirror.set_server(server, state=ServerState.UNREACHABLE, last_event_at=time.time() - 190)
    await at.user.should_see("lab-pool is not responding; its last known state is shown")
    at.mirror.set_server(server, state=ServerState.LIVE)
    await at.user.should_not_see("is not responding")


@pytest.mark.parametrize("prefix", ONE)
async def test_what_is_removed_stays_with_a_word(at: Looking, prefix: str) -> None:
    row = ONE[prefix](at.mirror)
    name = row.name_label  # type: ignore[attr-defined]
    await at.open(f"{prefix}{row.uuid}")
    await at.user.should_not_see("Its last known state is shown.")
    fakes.remove(at.mirror, row)
    await at.user.should_see("Its last known state is shown.")
    await at.user.should_see(name)


@pytest.mark.parametrize("path", ["/hosts", "/storage", "/networks", *ONE])
async def test_nobody_observes_after_the_page_is_left(tmp_path: Path, path: str) -> None:
    mirror = fakes.home_lab()
    async with looking(tmp_path, mirror) as at:
        before = mirror.observer_count
        await at.open(path + (ONE[path](mirror).uuid if path in ONE else ""))
        await eventually(at, lambda: bool(at.rows))
        assert mirror.observer_count > before
        histories = [pool.history for pool in mirror]
        client = at.user.client
        assert client
        client.delete()
        await until(
            lambda: not any(history.is_watched for history in histories) and mirror.observer_count <= before + 1
        )  # the tree's feed may stay


async def test_a_host_that_is_not_heard(at: Looking) -> None:
    host = lab_host(at)
    await at.open(f"/host/{host.uuid}")
    await at.user.should_not_see("contact with this host")
    metrics = host.home.one(HostMetrics, host.metrics)
    assert metrics
    fakes.change(at.mirror, metrics, live=False)
    await at.user.should_see("contact with this host")
    await at.user.should_see("Not responding")
    fakes.change(at.mirror, metrics, live=True)
    fakes.change(at.mirror, host, enabled=False)
    await at.user.should_see("In maintenance mode or still starting")


async def test_the_memory_of_a_host_adds_up_and_follows(at: Looking) -> None:
    host = lab_host(at)
    await at.open(f"/host/{host.uuid}")
    await at.user.should_see("of 128\N{NARROW NO-BREAK SPACE}GiB")
    await at.user.should_see("123\N{NARROW NO-BREAK SPACE}GiB · 96")  # 1 for Xen, 4 for the control domain
    vm = fakes.find(at.mirror, "db-01")
    fakes.change(at.mirror, vm, memory_dynamic_max=64 << 30, memory_dynamic_min=64 << 30)
    fakes.change(at.mirror, host, resident_VMs=[vm.ref])
    await at.user.should_see("64\N{NARROW NO-BREAK SPACE}GiB · 50")
    await at.user.should_see("59\N{NARROW NO-BREAK SPACE}GiB · 46")


async def test_a_vm_that_leaves_leaves_the_list_of_its_host(at: Looking) -> None:
    host, vm = lab_host(at), fakes.find(at.mirror, "db-01")
    await at.open(f"/host/{host.uuid}")
    await eventually(at, lambda: "db-01" in at.texts())
    fakes.change(at.mirror, vm, power_state="Halted", resident_on=NULL_REF)
    await eventually(at, lambda: "db-01" not in at.texts())


async def test_a_nic_loses_its_link(at: Looking) -> None:
    host = lab_host(at)
    pif = next(pif for pif in host.home.all(PIF).values() if pif.host == host.ref)
    fakes.change(at.mirror, host, PIFs=[pif.ref])
    network = fakes.find(at.mirror, "mgmt", Network)
    fakes.change(at.mirror, network, PIFs=[pif.ref])
    metrics = pif.home.one(PIFMetrics, pif.metrics)
    assert metrics
    await at.open(f"/network/{network.uuid}")
    await at.user.should_see("All links up")
    fakes.change(at.mirror, metrics, carrier=False)
    await at.user.should_see("no link")
    await at.user.should_see("Link down")
    await at.open(f"/host/{host.uuid}")
    await at.user.should_see("no link")
    await at.user.should_see("192.168.1.10, management")


async def test_an_sr_that_a_host_does_not_reach(at: Looking) -> None:
    sr, host = fakes.find(at.mirror, "nfs-vault", SR), lab_host(at)
    paths = [pbd for pbd in sr.home.all(PBD).values() if sr.ref == pbd.SR]
    fakes.change(at.mirror, sr, PBDs=[path.ref for path in paths])
    await at.open(f"/sr/{sr.uuid}")
    await at.user.should_see("Attached")
    fakes.change(at.mirror, next(path for path in paths if path.host == host.ref), currently_attached=False)
    await at.user.should_see("Not attached on xcp-lab-1")
    await at.user.should_see("2 of 3 hosts")


async def test_an_sr_tells_its_room(at: Looking) -> None:
    sr = fakes.find(at.mirror, "nfs-vault", SR)
    await at.open(f"/sr/{sr.uuid}")
    await at.user.should_see("96%")
    fakes.change(at.mirror, sr, physical_utilisation=1 << 40)
    await at.user.should_see("25%")
    fakes.change(at.mirror, sr, physical_size=-1, physical_utilisation=-1)
    await at.user.should_see("never scanned")


async def test_disks_with_their_vms_and_orphans(at: Looking) -> None:
    sr = fakes.find(at.mirror, "nfs-vault", SR)
    await at.open(f"/sr/{sr.uuid}")
    await eventually(at, lambda: any(row[:2] == ["db-01 root", "Orphaned disk"] for row in at.rows.values()))  # no VBD is named yet
    vm = fakes.find(at.mirror, "db-01")
    disk = next(row for row in sr.home.all(VDI).values() if row.name_label == "db-01 root")
    fakes.change(at.mirror, disk, VBDs=vm.VBDs)
    await eventually(at, lambda: any(row[:3] == ["db-01 root", "Disk", "db-01"] for row in at.rows.values()))
    fakes.change(at.mirror, vm, name_label="db-one")
    await eventually(at, lambda: any(row[:3] == ["db-01 root", "Disk", "db-one"] for row in at.rows.values()))
    fakes.remove(at.mirror, disk)
    await eventually(at, lambda: "db-01 root" not in at.texts())


async def test_an_sr_begins_with_what_fills_it(at: Looking) -> None:
    sr, vm = fakes.find(at.mirror, "nfs-vault", SR), fakes.find(at.mirror, "db-01")
    disks = {row.name_label: row for row in sr.home.all(VDI).values() if sr.ref == row.SR}
    own = disks["db-01 root"]
    fakes.change(at.mirror, own, VBDs=vm.VBDs)
    fakes.change(at.mirror, sr, VDIs=[disks["db-01 root"].ref, disks["db-02 root"].ref])
    await at.open(f"/sr/{sr.uuid}")
    await at.user.should_see("VMs and disks")
    await at.user.should_see("Orphaned")
    assert links(at, "db-01") == [f"/vm/{vm.uuid}@{sr.home.key}"]
    fakes.change(at.mirror, own, physical_utilisation=77 << 30)
    await at.user.should_see("77\u202fGiB")
    fakes.change(at.mirror, vm, name_label="db-one")
    await eventually(at, lambda: bool(links(at, "db-one")))
    fakes.change(at.mirror, sr, VDIs=[own.ref])
    await eventually(at, lambda: "Orphaned" not in at.texts())


def links(at: Looking, text: str) -> list[str]:
    return [link.props["href"] for link in at.user.client.elements.values() if isinstance(link, ui.link) and link.text == text]  # type: ignore[union-attr]


@pytest.mark.parametrize("prefix", ONE)
async def test_every_head_offers_what_can_be_done(at: Looking, prefix: str) -> None:
    row = ONE[prefix](at.mirror)
    await at.open(f"{prefix}{row.uuid}")
    kind = row.xapi_class.lower()
    offered = {action.id for action in actions_for(row)}
    assert {f"{kind}.rename", f"{kind}.describe"} <= offered
    buttons = {marker for button in at.user.find(kind=Button).elements for marker in button._markers}
    if "more-commands" in buttons:
        at.user.find(marker="more-commands").click()
        await at.user.should_see(marker=f"{kind}.rename")
        await at.user.should_see(marker=f"{kind}.describe")
    else:
        assert offered <= buttons


async def test_a_head_follows_what_decides_about_its_actions(at: Looking) -> None:
    sr, host = fakes.find(at.mirror, "nfs-vault", SR), lab_host(at)
    paths = [pbd for pbd in sr.home.all(PBD).values() if sr.ref == pbd.SR]
    fakes.change(at.mirror, sr, PBDs=[path.ref for path in paths])
    await at.open(f"/sr/{sr.uuid}")
    await at.user.should_not_see(marker="sr.attach")
    fakes.change(at.mirror, next(path for path in paths if path.host == host.ref), currently_attached=False)
    await at.user.should_see(marker="sr.attach")
    await at.open(f"/host/{host.uuid}")
    (button,) = at.user.find(kind=Button, marker="host.maintenance").elements
    assert button.visible
    metrics = host.home.one(HostMetrics, host.metrics)
    assert metrics
    fakes.change(at.mirror, metrics, live=False)
    await at.user.should_not_see(marker="host.maintenance")


async def test_a_description_keeps_its_lines_and_stays_text(at: Looking) -> None:
    host = lab_host(at)
    fakes.change(at.mirror, host, name_description=f"rack 4\n{EVIL}")
    await at.open(f"/host/{host.uuid}")
    await at.user.should_see(f"rack 4<br />\n{html.escape(EVIL)}")


async def test_a_card_says_how_many_there_are(at: Looking) -> None:
    host = lab_host(at)
    await at.open(f"/host/{host.uuid}")
    card = next(card for card in at.user.find(kind=Card).elements if card.title.text == "VMs")
    await eventually(at, lambda: card.count.text == str(len(at.rows)) != "0")
    fakes.change(at.mirror, fakes.find(at.mirror, "db-01"), power_state="Halted", resident_on=NULL_REF)
    count = len(at.rows) - 1
    await eventually(at, lambda: card.count.text == str(count))


async def test_what_goes_over_a_network_is_added_up(at: Looking) -> None:
    network = fakes.find(at.mirror, "mgmt", Network)
    pifs = [pif for pif in network.home.all(PIF).values() if network.ref == pif.network]
    fakes.change(at.mirror, network, PIFs=[pif.ref for pif in pifs])
    hosts = [host for pif in pifs if (host := network.home.one(Host, pif.host))]
    assert len(hosts) == 3
    first = 5 * round(time.time() / 5) - 10  # older ones than ten minutes are not kept beside what the host measured by now
    for host in hosts:
        for t in range(3):
            network.home.part(History).put(host.uuid, "pif_eth0_rx", first + 5.0 * t, 100.0 + t)
    network.home.part(History).put(hosts[0].uuid, "pif_eth0_tx", first + 10.0, 7.0)
    await at.open(f"/network/{network.uuid}")
    (chart,) = at.user.find(kind=SumChart).elements
    assert chart._samples(0.0) == [[first, 300, None], [first + 5, 303, None], [first + 10, 306, 7]]
    assert chart._samples(first + 10.0) == [[first + 10, 306, 7]]


async def test_a_change_sends_its_row_alone(at: Looking) -> None:
    await at.open("/networks")
    await eventually(at, lambda: len(at.rows) == 4)
    at.deltas.clear()
    fakes.change(at.mirror, fakes.find(at.mirror, "mgmt", Network), MTU=9000)
    await eventually(at, lambda: bool(at.deltas))
    ((put, gone, old, _whole),) = at.deltas
    assert (len(put), gone, old) == (1, [], [])
    place = put[0][1]  # of its pool, as this browser counts them
    at.deltas.clear()
    at.mirror.set_server(next(iter(at.mirror)).server, state=ServerState.UNREACHABLE)
    await eventually(at, lambda: bool(at.deltas))
    assert [(put, old) for put, _gone, old, _whole in at.deltas] == [([], [place])]


async def test_a_change_that_a_list_does_not_show_sends_nothing(at: Looking) -> None:
    await at.open("/networks")
    await eventually(at, lambda: len(at.rows) == 4)
    at.deltas.clear()
    fakes.change(at.mirror, fakes.find(at.mirror, "mgmt", Network), default_locking_mode="disabled")
    fakes.change(at.mirror, fakes.find(at.mirror, "db-01"), name_label="x")
    fakes.change(at.mirror, fakes.find(at.mirror, "vlan 20", Network), MTU=9001)
    await eventually(at, lambda: bool(at.deltas))
    assert len(at.deltas) == 1 and len(at.deltas[0][0]) == 1


async def test_a_list_among_cards_keeps_the_room_its_rows_will_take(at: Looking) -> None:
    await at.open(f"/pool/{fakes.find(at.mirror, 'lab-pool', Pool).uuid}", lists=False)
    assert sorted(found.props["expected"] for found in at.user.find(Listing).elements) == [3, 4]  # hosts, SRs
    await at.open("/hosts", lists=False)
    assert [found.props["expected"] for found in at.user.find(Listing).elements] == [0]  # it has all the room there is


async def test_an_mtu_is_a_setting_and_has_no_separator(at: Looking) -> None:
    network = fakes.find(at.mirror, "mgmt", Network)
    fakes.change(at.mirror, network, MTU=9000)
    await at.open(f"/network/{network.uuid}")
    await at.user.should_see("MTU 9000")
    await at.open("/networks")
    await eventually(at, lambda: any("9000" in row for row in at.rows.values()))


async def test_hostile_names_are_text(at: Looking) -> None:
    host = lab_host(at)
    fakes.change(at.mirror, host, name_label=EVIL, tags=[EVIL], name_description=EVIL)
    await at.open(f"/host/{host.uuid}")
    await at.user.should_see(EVIL)
    await at.open("/hosts")
    await eventually(at, lambda: EVIL in at.texts())


async def test_the_page_of_a_pool_counts(at: Looking) -> None:
    pool = fakes.find(at.mirror, "lab-pool", Pool)
    await at.open(f"/pool/{pool.uuid}")
    await at.user.should_see("3 hosts")
    await at.user.should_see("All hosts running")
    vms = [vm for vm in pool.home.all(VM).values() if not vm.is_control_domain]
    await at.user.should_see(str(len(vms)))
    fakes.change(at.mirror, fakes.find(at.mirror, "xcp-lab-2", Host), enabled=False)
    await at.user.should_see("1 host in maintenance")
    fakes.change(at.mirror, pool, ha_enabled=True, ha_overcommitted=True, ha_host_failures_to_tolerate=2)
    await at.user.should_see("enabled, tolerates 2 host failures")
    await at.user.should_see("HA cannot restart all protected VMs")
