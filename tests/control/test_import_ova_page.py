"""The page that imports an OVA: it reads the file, fills in what it says, and asks for what was changed."""

from __future__ import annotations

import asyncio
from pathlib import Path

from components.import_ova import OVAForm
from components.transfers.picker import FilePicker
from data.identity import key_of
from data.objects import SR, VM, Network, Pool
from tests.control.browser_page import looking
from tests.control.fake_pool import FakePool
from tests.control.ova_files import VIRTUALBOX, ova, vmdk
from tests.control.test_transfers import sent
from xo_dash.context import Context

CONTENT = ova({"web.ovf": VIRTUALBOX.encode(), "web-disk001.vmdk": vmdk(b"a"), "web-disk002.vmdk": vmdk(b"b")})


async def test_an_ova_is_read_and_shown_before_it_is_imported(tmp_path: Path, fake: FakePool) -> None:
    fake.put(SR(name_label="vault", type="nfs", physical_size=1 << 40, physical_utilisation=0))
    fake.put(Network(name_label="NAT"))
    fake.put(VM(name_label="Other install media", is_a_template=True, is_default_template=True, domain_type="hvm"))
    pool = Pool(name_label="lab")
    fake.put(pool)

    def draw(context: Context) -> None:
        view = context.scope.pool(key_of(pool))
        assert view is not None
        OVAForm(context, view)

    async with looking(tmp_path, fake, draw) as at:
        await at.user.should_see("Choose a file first.")
        at.user.find(kind=FilePicker).trigger("chosen", {"name": "web.ova", "size": len(CONTENT)})
        (picker,) = at.user.find(kind=FilePicker).elements
        assert picker.file is not None
        exchange = at.context.runner.exchange
        upload = exchange.upload(picker.file.id, next(iter(at.context.users.all())).id)
        assert upload is not None
        sending = asyncio.create_task(sent(upload, CONTENT))
        await at.user.should_see("web-disk002.vmdk, 2\u202fMiB", retries=50)
        await at.user.should_see("NIC 0, was on NAT")
        await at.user.should_see("device “sound”")
        await at.user.should_see("Unpacking web-disk001.vmdk")
        at.user.find(marker="field-vcpus").clear().type("500")
        await at.user.should_see("it must be at most 128")
        at.user.find(marker="field-vcpus").clear().type("4")
        await at.user.should_not_see("it must be at most 128")
        upload.close()
        await sending
