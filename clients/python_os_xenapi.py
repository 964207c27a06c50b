"""PyPI's os-xenapi, the library OpenStack's nova had: its pool of sessions, a task of its own, a disk that comes as a VHD in a tarball.

Two of its parts fail by themselves in Python 3, whatever they talk to, and are left out: how it calls nova's plugins, and its exports.
"""

from __future__ import annotations

import io
import os
import tarfile
import urllib.request
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

from os_xenapi.client import image, utils
from os_xenapi.client.session import XenAPISession
from steps import Target, expect, take

MIB = 1 << 20
INSTANCE = {"name": "an instance", "uuid": "4d5b9c7c-2a4f-4c7e-9b7e-1f0b6a3f5d10"}


class Session(XenAPISession):  # type: ignore[misc]  # it has no types
    def _verify_plugin_version(self) -> None:
        """A host without nova's plugins has nothing to say."""


class Client:
    def __init__(self, target: Target) -> None:
        self.target = target
        self.session: Any = None

    def login(self) -> None:
        """Its URL has no port: it looks up what stands where a name should."""
        url = f"{urlsplit(self.target.url).scheme}://{urlsplit(self.target.url).hostname}"
        self.session = Session(url, self.target.user, self.target.password)
        expect(self.session.product_version >= (7,), f"version {self.session.product_version}")

    def records(self) -> None:
        expect(self.session.get_rec("VM", "OpaqueRef:nothing") is None, "a wrong reference has a record")
        expect(len(list(self.session.get_all_refs_and_recs("host"))) == 2, "other hosts")
        with self.session.custom_task("mine") as task:
            expect(self.session.task.get_status(task) == "pending", "a new task is not pending")

    def image(self) -> None:
        sr = utils.get_default_sr(self.session)
        source = utils.create_vdi(self.session, sr, INSTANCE, "source", "root", 8 * MIB)
        vhd = self.vhd(source)
        tarball = io.BytesIO()
        with tarfile.open(fileobj=tarball, mode="w:gz") as tar:
            member = tarfile.TarInfo("0.vhd")
            member.size = len(vhd)
            tar.addfile(member, io.BytesIO(vhd))
        tarball.seek(0)
        made = image.stream_to_vdis(None, self.session, INSTANCE, self.target.url, sr, tarball)
        vdi = self.session.VDI.get_by_uuid(made["root"]["uuid"])
        record = self.session.VDI.get_record(vdi)
        expect(int(record["virtual_size"]) >= 8 * MIB, f"{record['virtual_size']} bytes")
        expect(record["other_config"]["nova_instance_uuid"] == INSTANCE["uuid"], "other_config is lost")
        for each in (vdi, source):
            self.session.VDI.destroy(each)

    def vhd(self, vdi: str) -> bytes:
        url = f"{self.target.url}/export_raw_vdi?session_id={self.session.get_session_id()}&vdi={vdi}&format=vhd"
        with urllib.request.urlopen(url) as answer:
            contents: bytes = answer.read()
        return contents


def main() -> None:
    name = f"os-xenapi {version('os-xenapi')}"
    target = Target.given()
    if not os.environ["POOL_USUAL_PORT"] or target.url.startswith("https:"):
        print(f"{name}: skipped: it needs http on port 80")
        return
    client = Client(target)
    take(name, {"login": client.login, "records": client.records, "image": client.image})


if __name__ == "__main__":
    main()
