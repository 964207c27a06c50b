"""Alarms of perfmon: who asks for them gets them, once an hour, with the body that clients read."""

import xml.etree.ElementTree as ET
from typing import Any

import pytest

from tests.simulator.inside import built
from xo_dash.simulator.clock import iso
from xo_dash.simulator.errors import XapiError
from xo_dash.simulator.pool import Pool

MINUTE, DAY = 60.0, 86400.0


def alarms(pool: Pool) -> list[dict[str, Any]]:
    return [record for _, record in pool.messages.items() if record["name"] == "ALARM"]


async def pool_of_one() -> Pool:
    pool = await built(1, 6)
    for ref, _ in pool.messages.items():
        pool.messages.destroy(ref)
    pool.start()
    return pool


def ask(pool: Pool, ref: str, *variables: str) -> None:
    config = f"<config>{''.join(f'<variable>{text}</variable>' for text in variables)}</config>"
    pool.db.set(ref, other_config={**pool.db.get(ref, "other_config"), "perfmon": config})


def running(pool: Pool) -> str:
    return next(r for r, vm in pool.db.records("VM") if vm["power_state"] == "Running" and not vm["is_control_domain"])


async def test_a_busy_vm_is_told_of_and_then_kept_quiet_about() -> None:
    pool = await pool_of_one()
    vm = running(pool)
    ask(pool, vm, '<name value="cpu_usage"/><alarm_trigger_level value="0.0001"/><alarm_priority value="2"/>')
    await pool.clock.advance(6 * MINUTE)
    (told,) = alarms(pool)
    assert (told["cls"], told["obj_uuid"], told["priority"]) == ("VM", pool.db.get(vm, "uuid"), 2)
    value, _, config = told["body"].partition("config:")
    assert 0.0001 < float(value.removeprefix("value: ")) <= 1
    tree = ET.fromstring(config.strip())
    assert {child.tag: child.get("value") for child in tree}["name"] == "cpu_usage"
    await pool.clock.advance(50 * MINUTE)
    assert len(alarms(pool)) == 1
    await pool.clock.advance(20 * MINUTE)
    assert len(alarms(pool)) == 2
    await pool.close()


async def test_new_settings_wait_for_half_an_hour_or_for_a_refresh() -> None:
    pool = await pool_of_one()
    await pool.clock.advance(6 * MINUTE)
    host = pool.master.ref
    ask(pool, host, '<name value="memory_free_kib"/><alarm_trigger_level value="1e12"/><alarm_trigger_period value="180"/>')
    await pool.clock.advance(10 * MINUTE)
    assert alarms(pool) == []
    assert await pool.run("host.call_plugin", host, "perfmon", "refresh", {}) == "True"
    await pool.clock.advance(5 * MINUTE)
    assert [(a["cls"], a["priority"]) for a in alarms(pool)] == [("Host", 3)]
    await pool.close()


async def test_an_sr_that_is_full_and_one_that_is_misconfigured() -> None:
    pool = await pool_of_one()
    used = [pool.db.get(pool.db.get(vbd, "VDI"), "SR") for vbd in pool.db.get(running(pool), "VBDs") if pool.db.get(vbd, "type") == "Disk"]
    full, wrong = used[0], next(ref for ref, sr in pool.db.records("SR") if sr["content_type"] != "iso" and ref not in used)
    pool.db.set(full, physical_utilisation=pool.db.get(full, "physical_size"))
    ask(
        pool,
        full,
        '<name value="physical_utilisation"/>',
        '<name value="sr_io_throughput_total_per_host"/><alarm_trigger_level value="1e-9"/>',
    )
    ask(pool, wrong, '<name value="nothing_known"/><alarm_trigger_level value="0"/>')
    await pool.clock.advance(6 * MINUTE)
    found = {a["cls"]: a for a in alarms(pool)}
    assert sorted(found) == ["Host", "SR"] and found["SR"]["obj_uuid"] == pool.db.get(full, "uuid")
    assert found["SR"]["body"].startswith("value: 1.000000\nconfig:\n<variable>")
    assert f'uuid="{pool.db.get(full, "uuid")}"' in found["Host"]["body"]
    await pool.close()


async def test_messages_are_found_and_destroyed_as_asked() -> None:
    pool = await pool_of_one()
    uuid = pool.db.get(pool.master.ref, "uuid")
    first = await pool.run("message.create", "ONE", 3, "Host", uuid, "a < b")
    await pool.clock.advance(10)
    between = pool.clock.iso()
    await pool.clock.advance(10)
    second = await pool.run("message.create", "TWO", 5, "Host", uuid, "")
    assert list(await pool.run("message.get_since", between)) == [second]
    assert set(await pool.run("message.get", "Host", uuid, "19700101T00:00:00Z")) == {first, second}
    assert list(await pool.run("message.get_all_records_where", 'field "name"="ONE"')) == [first]
    with pytest.raises(XapiError) as caught:
        await pool.run("message.create", "X", 3, "Host", "nobody", "")
    assert caught.value.details == ["UUID_INVALID", "Host", "nobody"]
    with pytest.raises(XapiError) as caught:
        await pool.run("message.get", "VM", uuid, between)
    assert caught.value.details == ["UUID_INVALID"]
    await pool.run("message.destroy_all", {"before": between})
    assert await pool.run("message.get_all") == [second]
    await pool.run("message.destroy_many", [second])
    with pytest.raises(XapiError) as caught:
        await pool.run("message.destroy", second)
    assert caught.value.details == ["HANDLE_INVALID", "message", second]
    await pool.close()


async def test_ten_thousand_messages_are_kept() -> None:
    pool = await pool_of_one()
    uuid = pool.db.get(pool.ref, "uuid")
    refs = [pool.messages.create("N", 5, "Pool", uuid, str(n)) for n in range(10_003)]
    assert await pool.run("message.get_all") == refs[3:]
    await pool.close()


async def test_a_certificate_that_ends_is_told_of_once_a_stage() -> None:
    pool = await pool_of_one()
    (certificate,) = pool.db.rows("Certificate")
    pool.db.set(certificate, not_after=iso(pool.clock.now() + 15.5 * DAY))
    pool.db.set(pool.master.ref, license_params={"expiry": iso(pool.clock.now() + 1.5 * DAY)})

    def told(prefix: str) -> list[tuple[str, int]]:
        return [(m["name"], m["priority"]) for _, m in pool.messages.items() if m["name"].startswith(prefix)]

    await pool.clock.advance(DAY)
    assert told("HOST_SERVER") == [("HOST_SERVER_CERTIFICATE_EXPIRING_30", 3)] and told("LICENSE") == [("LICENSE_EXPIRES_SOON", 2)]
    await pool.clock.advance(DAY)
    assert told("HOST_SERVER") == [("HOST_SERVER_CERTIFICATE_EXPIRING_14", 2)] and ("LICENSE_EXPIRED", 2) in told("LICENSE")
    (body,) = (m["body"] for _, m in pool.messages.items() if m["name"].startswith("HOST_SERVER"))
    assert ET.fromstring(body).findtext("date") == pool.db.get(certificate, "not_after")
    await pool.close()
