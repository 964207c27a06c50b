"""The page that imports an OVA: it reads the file, fills in what it says, and asks for what was changed."""

from __future__ import annotations

import asyncio
from pathlib import Path

from nicegui.testing.user_interaction import UserInteraction

from components.import_ova import OVAForm
from components.transfers.picker import FilePicker
from data.identity import key_of
from data.objects import PBD, SR, VM, Host, HostMetrics, Network, Pool
from tests.control.browser_page import Looking, looking
from tests.control.fake_pool import FakePool
from tests.control.moving_bytes import sent
from tests.control.ova_files import VIRTUALBOX, ova, ovf_of, vmdk
from xo_dash.context import Context

CONTENT = ova({"web.ovf": VIRTUALBOX.encode(), "web-disk001.vmdk": vmdk(b"a"), "web-disk002.vmdk": vmdk(b"b")})


def pickers(at: Looking) -> list[FilePicker]:
    return sorted(at.user.find(kind=FilePicker).elements, key=lambda picker: picker.id)


async def chosen(at: Looking, number: int, name: str, content: bytes) -> asyncio.Task[None]:
    """As a browser sends what is chosen there."""
    picker = pickers(at)[number]
    UserInteraction(at.user, {picker}, None).trigger("chosen", {"name": name, "size": len(content)})
    assert picker.file is not None
    upload = at.context.runner.exchange.upload(picker.file.id, next(iter(at.context.users.all())).id)
    assert upload is not None
    return asyncio.create_task(sent(upload, content))


async def test_an_ova_is_read_and_shown_before_it_is_imported(tmp_path: Path, fake: FakePool) -> None:
    sr = SR(name_label="vault", type="nfs", physical_size=1 << 40, physical_utilisation=0)
    fake.put(sr)
    host = fake.put(Host(name_label="host-1", metrics=fake.put(HostMetrics(live=True))))
    fake.change(sr, PBDs=[fake.put(PBD(host=host, SR=sr.ref, currently_attached=True))])
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
        await at.user.should_see("web-disk002.vmdk, 2\u202fMiB")
        await at.user.should_see("NIC 0, was on NAT")
        await at.user.should_see("device “sound”")
        await at.user.should_see("Unpacking web-disk001.vmdk")
        at.user.find(marker="field-vcpus").clear().type("500")
        await at.user.should_see("it must be at most 254")
        at.user.find(marker="field-vcpus").clear().type("4")
        await at.user.should_not_see("it must be at most 254")
        upload.close()
        await sending
        shop = ovf_of({"web": "web.vmdk", "db": "db.vmdk"}, "shop", '<Item id="db" order="7" startDelay="30"/>')
        # an OVF by itself: its files are asked for
        sendings = [await chosen(at, 0, "shop.ovf", shop)]
        await at.user.should_see("The OVF names these files")
        sendings.append(await chosen(at, 1, "db.vmdk", vmdk(b"a")))
        assert "web.vmdk" in pickers(at)[1].props["fault"]
        sendings.append(await chosen(at, 1, "web.vmdk", vmdk(b"a")))
        sendings.append(await chosen(at, 2, "db.vmdk", vmdk(b"b")))
        await at.user.should_see("db.vmdk, 2\u202fMiB")
        await at.user.should_see("Creating the vApp shop")
        await at.user.should_see("Adding db to shop")
        await at.user.should_see("Setting the start order of db")
        at.user.find(marker="field-others.0.order").clear().type("-1")
        await at.user.should_see("it must be at least 0")
        at.user.find(marker="field-others.0.memory").clear().type("0")
        await at.user.should_see("more than 0 and at most 1 PiB")
        for one in sendings:
            one.cancel()
