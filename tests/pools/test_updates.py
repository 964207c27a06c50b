"""Updates of a XenServer's pool: synchronized, listed, applied; bundles for a pool without a way out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.facts.host import needs_reboot
from data.facts.pool import is_master
from data.objects import VM, Host, Pool, Repository
from data.repositories import BUNDLE, OTHER_POOL, REMOTE
from data.stores.users import Role
from tests.control.asked import calls_of, faults, steps_of
from tests.control.failing import Situation, each_call_fails_once
from tests.control.fake_pool import user
from tests.control.wired import wired
from tests.networks.place import Place
from xo_dash.control.actions import action
from xo_dash.control.eligibility import why_not
from xo_dash.control.host.apply_updates import ApplyUpdates
from xo_dash.control.host.departures import decided
from xo_dash.control.patches import PatchBook, UpdateSource
from xo_dash.control.plan import Hidden, Transfer
from xo_dash.control.run import RunState
from xo_dash.control.xe import xe_lines
from xo_dash.simulator.testing import SimulatedPool, simulated
from xo_dash.xapi.errors import Unreachable

EVE = user(Role.ADMIN, "eve")
NO_BUNDLE = "the pool has no repository for bundles; turn this on to use one"
FILE = {"id": "x", "name": "july.xsbundle", "size": 10}


def xenserver(*, origin: str = REMOTE, **fields: object) -> Place:
    """Three hosts of XenServer 8, by default with one repository."""
    place = Place()
    for host in place.hosts:
        place.fake.change(host, software_version={"product_brand": "XenServer"}, latest_synced_updates_applied="no")
    used = place.put(Repository(name_label="normal", binary_url="https://repo/xs8/normal", update=True, origin=origin, hash="abc"))
    place.fake.change(place.pool, **{"repositories": [used.ref], "update_sync_frequency": "daily"} | fields)
    return place


def test_what_is_offered_follows_from_what_the_pool_has() -> None:
    place, plain = xenserver(), Place()
    host = place.hosts[1]
    assert action("host.apply_updates").applies_to(host) and not action("host.update").applies_to(host)
    assert action("pool.sync_updates").applies_to(place.pool)
    assert not any(action(name).applies_to(plain.pool) for name in ("pool.sync_updates", "pool.upload_bundle"))
    assert not action("host.apply_updates").applies_to(plain.hosts[1])
    assert str(why_not(action("pool.sync_updates"), xenserver(repositories=[]).pool, EVE)).startswith("the pool has no repository")
    place.fake.change(place.pool, ha_enabled=True)
    assert str(why_not(action("host.apply_updates"), host, EVE)) == "HA is on; turn HA off first"
    place.fake.change(place.pool, ha_enabled=False)
    place.fake.change(host, latest_synced_updates_applied="yes")
    assert "all updates" in str(why_not(action("host.apply_updates"), host, EVE))


def test_what_is_seen_is_what_is_installed_and_a_token_is_shown_nowhere() -> None:
    place = xenserver()
    assert faults("host.apply_updates", place.hosts[1]) == ["which updates there are is not known yet; check for updates first"]
    calls = calls_of("host.apply_updates", place.hosts[1], checksum="abc")
    applied = calls.index(("host.apply_updates", (place.hosts[1].ref, "abc")))
    assert calls[applied + 1][0] == "host.reboot"
    steps = steps_of("pool.sync_updates", place.pool, token="s3cret", token_id="me")
    assert xe_lines(steps, place.fake.home) == ["xe pool-sync-updates force=false"] and "s3cret" not in str(steps[0].parameters)  # type: ignore[union-attr]
    assert calls_of("pool.sync_updates", place.pool, force=True) == [("pool.sync_updates", (place.pool.ref, True))]
    assert faults("pool.sync_updates", place.pool, token="x") == ["client ID and token belong together; enter both"]


def test_a_bundle_gets_its_repository_once() -> None:
    place = xenserver(repositories=[])
    assert faults("pool.upload_bundle", place.pool, file=FILE) == [NO_BUNDLE]
    *before, upload = steps_of("pool.upload_bundle", place.pool, file=FILE, switch=True)
    assert [step.method for step in before] == ["Repository.introduce_bundle", "pool.set_repositories"]  # type: ignore[union-attr]
    assert isinstance(upload, Transfer) and upload.method == "PUT /bundle"
    assert faults("pool.upload_bundle", xenserver().pool, file=FILE) == [NO_BUNDLE]
    there = xenserver(origin=BUNDLE)
    assert len(steps_of("pool.upload_bundle", there.pool, file=FILE)) == 1
    there.fake.change(there.pool, repositories=[])  # XAPI takes no second one of that kind
    assert [step.method for step in steps_of("pool.upload_bundle", there.pool, file=FILE, switch=True)[:-1]] == ["pool.set_repositories"]  # type: ignore[union-attr]
    assert str(why_not(action("pool.sync_updates"), xenserver(origin=BUNDLE).pool, EVE)).startswith("the pool uses bundles")


PEM = "-----BEGIN CERTIFICATE----- QUJD -----END CERTIFICATE-----"
VENDOR, SOURCES = "https://repo.ops.xenserver.com/xs8", "https://repo-src.ops.xenserver.com/xs8"


@pytest.mark.parametrize(
    ("action_id", "values", "lines"),
    [
        ("pool.set_repositories", {"channel": "earlyaccess"}, [
            f"repository_1=$(xe repository-introduce name-label=repo.ops.xenserver.com/xs8/base binary-url={VENDOR}/base "
            f"source-url={SOURCES}/base update=false)",
            f"repository_2=$(xe repository-introduce name-label=repo.ops.xenserver.com/xs8/earlyaccess binary-url={VENDOR}/earlyaccess "
            f"source-url={SOURCES}/earlyaccess update=true)",
            "xe pool-param-set uuid={pool} repositories=$repository_1,$repository_2",
        ]),
        ("pool.set_repositories", {"mirror": "https://repo/xs8/"}, [  # the channel is there already
            "repository_1=$(xe repository-introduce name-label=repo/xs8/base binary-url=https://repo/xs8/base "
            "source-url=https://repo/xs8/base update=false)",
            "xe pool-param-set uuid={pool} repositories=$repository_1,{repository}",
        ]),
        ("pool.use_other_pool", {"address": "10.0.9.1", "certificate": PEM}, [
            "repository_1=$(xe repository-introduce-remote-pool name-label='Updates of 10.0.9.1' "
            "binary-url=https://10.0.9.1/repository/enabled certificate-file=cert.pem)",
            "xe pool-param-set uuid={pool} repositories=$repository_1",
        ]),
        ("pool.update_schedule", {"on": True, "frequency": "weekly", "day": "tuesday"}, [
            "xe pool-configure-update-sync update-sync-frequency=weekly update-sync-day=2", "xe pool-set-update-sync-enabled value=true",
        ]),
        ("pool.update_schedule", {"on": False, "frequency": "daily"}, []),
        ("pool.update_proxy", {"url": "http://proxy:3128", "user": "me", "password": "s3cret"}, [
            "xe pool-configure-repository-proxy proxy-url=http://proxy:3128 proxy-username=me proxy-password=…"
        ]),
        ("pool.update_proxy", {}, []),
    ],
)  # fmt: skip
def test_where_updates_come_from_and_when(action_id: str, values: dict[str, object], lines: list[str]) -> None:
    place = xenserver()
    here = {"pool": place.pool.uuid, "repository": next(iter(place.fake.home.all(Repository).values())).uuid}
    assert xe_lines(steps_of(action_id, place.pool, **values), place.fake.home) == [line.format_map(here) for line in lines]


@pytest.mark.parametrize(
    ("action_id", "origin", "values", "fields", "words"),
    [
        ("pool.set_repositories", REMOTE, {"mirror": "ftp://repo"}, {}, "it must be an address with http:// or https://"),
        ("pool.set_repositories", REMOTE, {"sources": "https://src"}, {}, "enter the mirror of the packages too"),
        ("pool.use_other_pool", REMOTE, {"address": "10.0.9.1/x", "certificate": PEM}, {}, "it must be a name or an IP address"),
        ("pool.use_other_pool", REMOTE, {"address": "nas", "certificate": "no"}, {}, "it must be one certificate in PEM"),
        ("pool.update_schedule", BUNDLE, {"on": True}, {}, "bundles and other pools cannot be asked automatically; synchronize by hand"),
        ("pool.update_schedule", REMOTE, {"on": True}, {"repositories": []}, "the pool has no repository; set its repositories first"),
        ("pool.update_proxy", REMOTE, {"url": "proxy"}, {}, "it must be an address with http:// or https://"),
        ("pool.update_proxy", REMOTE, {"url": "http://p", "user": "me"}, {}, "user and password belong together; enter both"),
        ("pool.sync_updates", OTHER_POOL, {"user": "root"}, {}, "the other pool asks for a user and a password; enter both"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_field(
    action_id: str, origin: str, values: dict[str, object], fields: dict[str, object], words: str
) -> None:
    assert faults(action_id, xenserver(origin=origin, **fields).pool, **values) == [words]


def test_another_pool_is_asked_with_its_user_and_what_is_in_use_is_not_forgotten() -> None:
    place = xenserver(origin=OTHER_POOL)
    ((_method, asked),) = calls_of("pool.sync_updates", place.pool, user="root", password="s3cret")
    assert asked[:5] == (place.pool.ref, False, "", "", "root") and isinstance(asked[5], Hidden)
    (used,) = place.fake.home.all(Repository).values()
    assert faults("pool.forget_repository", place.pool, repository=used.uuid) == ["the pool uses it; set other repositories first"]
    assert str(why_not(action("pool.forget_repository"), place.pool, EVE)) == "the pool has no repository that it does not use"
    old = place.put(Repository(name_label="old"))
    assert calls_of("pool.forget_repository", place.pool, repository=old.uuid) == [("Repository.forget", (old.ref,))]


@pytest.mark.parametrize(
    ("action_id", "values", "makes"),
    [
        ("pool.upload_bundle", {"file": FILE, "switch": True}, "Repository.introduce_bundle"),
        ("pool.set_repositories", {}, "Repository.introduce"),
        ("pool.use_other_pool", {"address": "nas", "certificate": PEM}, "Repository.introduce_remote_pool"),
    ],
)
async def test_each_call_fails_once_and_the_pool_asks_whom_it_asked(
    tmp_path: Path, action_id: str, values: dict[str, object], makes: str
) -> None:
    def situation() -> Situation:
        place = xenserver()
        return place.fake, place.pool, values

    back = {makes: "Repository.forget", "pool.set_repositories": "pool.set_repositories"}
    await each_call_fails_once(tmp_path, situation, action_id, back)


# ---- against a pool


@pytest.fixture(scope="module")
def lab() -> Iterator[SimulatedPool]:
    with simulated(hosts=(2,), vms=(3,), speed=600, dialect="xenserver-8") as simulation:
        yield simulation.pool


async def test_what_the_repositories_have_is_listed_and_applied_to_one_host(lab: SimulatedPool, tmp_path: Path) -> None:
    async with wired(lab, tmp_path) as bench:
        pool = next(iter(bench.home.all(Pool).values()))
        run = await asyncio.wait_for(bench.runner.run(bench.hire(EVE), action("pool.sync_updates"), [pool], {}), 60)
        assert run.items[0].state is RunState.DONE, str(run.items[0].reason)
        host = next(one for one in bench.home.all(Host).values() if not is_master(one))
        await bench.until(lambda: host.latest_synced_updates_applied == "no")
        line = list[UpdateSource]()

        def source(_server: str) -> UpdateSource:
            if not line:
                raise Unreachable("away")
            return line[0]

        book = PatchBook(bench.mirror, source)
        await book.ask(host)
        assert (nothing := book.of(host)) is not None and nothing.failed
        line.append(bench.connection)
        book = PatchBook(bench.mirror, source)
        await book.run()
        known = book.of(host)
        assert known is not None and known.missing and known.checksum and not known.failed
        assert all(patch.name and patch.description for patch in known.missing)
        line.clear()
        await book.ask(host)
        assert (kept := book.of(host)) is not None and kept.missing == known.missing and kept.at == known.at and kept.tried
        line.append(bench.connection)
        assert [(patch.security, patch.needs) for patch in known.missing] == [  # security first
            (True, ("RebootHost",)), (False, ("RestartToolstack",)), (False, ("RestartToolstack",)),
        ]  # fmt: skip
        for checksum, ends in (("another", RunState.FAILED), (known.checksum, RunState.DONE)):
            wish = decided(ApplyUpdates(checksum=checksum), host)
            run = await asyncio.wait_for(bench.runner.run(bench.hire(EVE), action("host.apply_updates"), [host], wish), 60)
            assert run.items[0].state is ends, str(run.items[0].reason)
            await bench.until(lambda: host.enabled)
        await bench.until(lambda: host.latest_synced_updates_applied == "yes" and host.enabled and not needs_reboot(host))
        await book.run()
        assert book.count(host) == 0
        vm = next(vm for vm in bench.home.all(VM).values() if "pool_migrate" in vm.allowed_operations and not vm.is_control_domain)
        lab.do(lambda inside: inside.db.set(vm.ref, pending_guidances=["restart_device_model"]))
        await bench.until(lambda: bool(vm.pending_guidances))
        run = await asyncio.wait_for(bench.runner.run(bench.hire(EVE), action("vm.restart_device_models"), [vm], {}), 60)
        assert run.items[0].state is RunState.DONE, str(run.items[0].reason)
        await bench.until(lambda: not vm.pending_guidances)
