"""Updates: from XenServer's repositories, and of the old kind from a disk."""

import asyncio
import json
from typing import Any

import pytest

from tests.simulator.client import Client, http
from tests.simulator.inside import built
from xo_dash.simulator.classes import updates
from xo_dash.simulator.errors import XapiError
from xo_dash.simulator.pool import Pool
from xo_dash.simulator.transfer import disks

EPOCH = "19700101T00:00:00Z"
XML = """<update name-label="XS71ECU2010" version="1.0" uuid="16cd6a04-1a2b-4d5e-9f60-0d9f3c0f7d11" key="RPM-GPG-KEY"
 installation-size="1024" after-apply-guidance="restartHost"><name-description>Public availability</name-description></update>"""


async def done(pool: Pool, method: str, *arguments: Any) -> Any:
    work = asyncio.ensure_future(pool.run(method, *arguments))
    for _ in range(300):
        if work.done():
            break
        await pool.clock.advance(2)
    return await work


async def refused(pool: Pool, method: str, *arguments: Any) -> list[str]:
    with pytest.raises(XapiError) as caught:
        await done(pool, method, *arguments)
    return caught.value.details


async def xenserver() -> Pool:
    pool = await built(2, 4)
    updates.furnish(pool)
    return pool


def test_without_a_repository_there_is_nothing(client: Client) -> None:
    pool = client.call("pool.get_all")[0]
    assert client.failure("pool.sync_updates", pool, False, "", "") == ["NO_REPOSITORY_ENABLED"]
    assert client.failure("pool.set_update_sync_enabled", pool, True) == ["NO_REPOSITORIES_CONFIGURED"]
    assert http(f"{client.url}/updates?session_id={client.session}").status == 404
    assert http(f"{client.url}/updates?host_refs=OpaqueRef:x&session_id={client.session}").status == 400


def test_what_a_host_lacks_as_json(client: Client) -> None:
    pool = client.call("pool.get_all")[0]
    hosts = client.call("host.get_all")
    repository = client.call("Repository.introduce", "normal", "", "https://repo.example.com/a", "https://repo.example.com/b", True)
    client.call("pool.set_repositories", pool, [repository])
    try:
        checksum = client.call("pool.sync_updates", pool, False, "", "")
        answer = http(f"{client.url}/updates?host_refs={hosts[0]}&session_id={client.session}")
        found = json.loads(answer.body)
        assert answer.headers["content-type"] == "application/json" and found["hash"] == checksum
        assert [host["ref"] for host in found["hosts"]] == [hosts[0]] and set(found["hosts"][0]) == {
            "ref", "guidance", "RPMS", "updates", "livepatches"
        }  # fmt: skip
        assert {update["id"] for update in found["updates"]} == set(found["hosts"][0]["updates"])
        assert client.failure("Repository.forget", repository) == ["REPOSITORY_IS_IN_USE"]
    finally:
        client.call("pool.set_repositories", pool, [])
        client.call("Repository.forget", repository)


async def test_repositories_are_looked_at_before_they_are_taken() -> None:
    pool = await xenserver()
    base = pool.db.find("Repository", name_label="base")[0]
    url = "https://repo.example.com/x"
    assert await refused(pool, "Repository.introduce", "base", "", url, url, True) == ["REPOSITORY_ALREADY_EXISTS", base]
    assert await refused(pool, "Repository.introduce", "n", "", "ftp://x", url, True) == ["INVALID_BASE_URL", "ftp://x"]
    assert await refused(pool, "Repository.introduce_remote_pool", "n", "", url, "") == ["INVALID_BASE_URL", url]
    bundle = await done(pool, "Repository.introduce_bundle", "b", "")
    assert await refused(pool, "pool.set_repositories", pool.ref, [base, bundle]) == ["REPO_SHOULD_BE_SINGLE_ONE_ENABLED"]
    await done(pool, "pool.set_repositories", pool.ref, [bundle])
    assert pool.db.get(pool.ref, "last_update_sync") == EPOCH
    assert await refused(pool, "pool.sync_updates", pool.ref, False) == ["CAN_NOT_SYNC_UPDATES"]
    assert await refused(pool, "pool.configure_update_sync", pool.ref, "weekly", 7) == ["INVALID_UPDATE_SYNC_DAY", "7"]
    assert await refused(pool, "pool.configure_repository_proxy", pool.ref, "proxy", "", "") == ["INVALID_REPOSITORY_PROXY_URL", "proxy"]


async def test_updates_are_applied_and_leave_something_to_do() -> None:
    pool = await xenserver()
    host = next(ref for ref in pool.db.rows("host") if ref != pool.master.ref)
    checksum = await done(pool, "pool.sync_updates", pool.ref, False)
    assert pool.db.get(host, "latest_synced_updates_applied") == "no"
    assert await refused(pool, "host.apply_updates", host, "0" * 64) == ["UPDATEINFO_HASH_MISMATCH"]
    assert not pool.db.get(host, "enabled")
    assert await done(pool, "host.apply_updates", host, checksum) == []
    record = pool.db.record("host", host)
    assert record["latest_synced_updates_applied"] == "yes" and record["last_update_hash"] == checksum
    assert record["pending_guidances"] == ["restart_toolstack"] and record["pending_guidances_recommended"] == ["reboot_host"]
    assert await refused(pool, "host.apply_updates", host, checksum) == ["HOST_PENDING_MANDATORY_GUIDANCE_NOT_EMPTY", host]
    running = next(ref for ref, vm in pool.db.records("VM") if vm["power_state"] == "Running" and not vm["is_control_domain"])
    await done(pool, "host.apply_updates", pool.master.ref, checksum)
    assert pool.db.get(running, "pending_guidances_full") == ["restart_vm"]
    await done(pool, "VM.hard_reboot", running)
    assert pool.db.get(running, "pending_guidances_full") == []
    pool.db.set(pool.ref, ha_enabled=True)
    assert (await done(pool, "pool.check_update_readiness", pool.ref, False)) == [["HA_IS_ENABLED"]]
    assert await refused(pool, "host.apply_updates", pool.master.ref, checksum) == ["HA_IS_ENABLED"]


async def test_an_update_from_a_disk_goes_to_every_host_once() -> None:
    pool = await built(2, 4)
    fields = {"name_label": "update", "SR": pool.db.get(pool.ref, "default_SR"), "virtual_size": 8 << 20, "type": "user", "sharable": False,
              "read_only": False, "other_config": {}}  # fmt: skip
    vdi = await done(pool, "VDI.create", fields)
    with disks.disks(pool).open(vdi, write=True) as disk:
        disk.write(3 << 20, b"CD001" + XML.encode())
    empty = next(ref for ref, record in pool.db.records("VDI") if ref != vdi)
    assert (await refused(pool, "pool_update.introduce", empty))[0] == "INVALID_UPDATE"
    update = await done(pool, "pool_update.introduce", vdi)
    first, second = pool.db.rows("host")
    assert await done(pool, "pool_update.precheck", update, first) == "ok"
    await done(pool, "pool_update.apply", update, first)
    assert await refused(pool, "pool_update.apply", update, first) == ["UPDATE_ALREADY_APPLIED", update]
    await done(pool, "pool_update.pool_apply", update)
    record = pool.db.record("pool_update", update)
    assert set(record["hosts"]) == {first, second} and pool.db.get(second, "updates") == [update]
    assert pool.db.get(second, "updates_requiring_reboot") == [update] and record["name_description"] == "Public availability"
    assert await refused(pool, "pool_update.pool_apply", update) == ["UPDATE_ALREADY_APPLIED_IN_POOL", update]
    assert await refused(pool, "pool_update.destroy", update) == ["UPDATE_IS_APPLIED"]
    await done(pool, "pool_update.pool_clean", update)
    assert not pool.db.exists(vdi)
    (patch,) = pool.db.rows("pool_patch")
    assert pool.db.get(patch, "pool_applied") and len(pool.db.get(patch, "host_patches")) == 2
    await pool.close()
