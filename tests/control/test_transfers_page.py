"""The list of transfers, and the dialog that chooses a file."""

from pathlib import Path

from components.actions import ActionBar
from components.transfers.listing import TransferList
from components.transfers.picker import FilePicker
from components.transfers.source import FileSource
from components.urls import path_of
from data.objects import SR, Pool
from tests.control.browser_page import looking
from tests.control.fake_pool import FakePool
from tests.waiting import until
from xo_dash.control.actions import action


async def test_a_transfer_is_listed_with_what_became_of_it(tmp_path: Path, fake: FakePool) -> None:
    vm = fake.vm()
    async with looking(tmp_path, fake, lambda context: TransferList(context, path_of)) as at:
        await at.user.should_see("No transfers")
        runner = at.context.runner
        ann = next(iter(at.context.users.all()))
        run = runner.start(ann, action("vm.export"), [vm])
        await at.user.should_see("Exporting web-1")
        await at.user.should_see("waiting", marker="transfer")
        runner.cancel(ann, run)
        await runner.ended(run)
        await at.user.should_see("it was cancelled")
        assert fake.sent == []  # nobody fetched it, so the pool was not asked


async def test_a_file_is_chosen_and_withdrawn(tmp_path: Path, fake: FakePool) -> None:
    fake.put(SR(name_label="nfs", type="nfs", physical_size=1 << 40, physical_utilisation=0, allowed_operations=frozenset()))
    pool = Pool(name_label="lab")
    fake.put(pool)
    async with looking(tmp_path, fake, lambda context: ActionBar(context, [pool])) as at:
        at.user.find(marker="more-commands").click()
        at.user.find(marker="pool.import_vm").click()
        await at.user.should_see(kind=FilePicker)
        (picker,) = at.user.find(kind=FilePicker).elements
        at.user.find(kind=FilePicker).trigger("chosen", {"name": "a\u202e.xva", "size": 0})
        assert picker.file is not None and picker.file.name == "a.xva"
        at.user.find(kind=FilePicker).trigger("chosen", {"name": 5, "size": "x"})  # what a browser sends may be anything
        assert picker.file.size == 0
        upload = at.context.runner.exchange.upload(picker.file.id, next(iter(at.context.users.all())).id)
        assert upload is not None and not upload.closed
        (source,) = at.user.find(kind=FileSource).elements
        source.delete()  # as where the page goes while its dialog is open
        at.user.find("Cancel").click()
        await until(lambda: upload.closed)
