"""What newer schemas say of storage and networks, told from what old ones had."""

from __future__ import annotations

from ..pool import Pool


def revive(pool: Pool) -> None:
    db = pool.db
    for sr, record in db.records("SR"):
        db.set(sr, is_tools_sr=record["is_tools_sr"] or record["other_config"].get("i18n-key") == "xenserver-tools")
    for vdi, record in db.records("VDI"):
        db.set(vdi, is_tools_iso=record["is_tools_iso"] or record["sm_config"].get("xs-tools") == "true")
    for driver, record in db.records("SM"):
        db.set(driver, features=record["features"] or dict.fromkeys(record["capabilities"], 1))
    for pif, record in db.records("PIF"):
        if record["physical"] and not record["managed"]:
            db.set(pif, managed=True)
