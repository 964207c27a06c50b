"""The list of transfers, and the dialog that chooses a file."""

import asyncio
from pathlib import Path

import pytest

from components.actions import ActionBar
from components.transfers.listing import TransferList
from components.transfers.picker import FilePicker, SameFile
from components.transfers.source import FileSource
from components.urls import path_of
from data.objects import SR, Pool
from tests.control.browser_page import looking
from tests.control.fake_pool import FakePool
from tests.waiting import until
from xo_dash.context import Context
from xo_dash.control.actions import action
from xo_dash.control.transfers.ends import EndFailed
from xo_dash.control.transfers.upload import Upload
from xo_dash.i18n import size as size_in_words


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


async def test_a_page_with_a_chosen_file_is_told_when_it_is_wanted(tmp_path: Path, fake: FakePool) -> None:
    """Asking again and again would keep one of the six connections that a browser has for all its pages."""
    async with looking(tmp_path, fake, lambda context: FilePicker("File", context.runner.exchange, lambda: None)) as at:
        at.user.find(kind=FilePicker).trigger("chosen", {"name": "a.raw", "size": 3})
        (picker,) = at.user.find(kind=FilePicker).elements
        assert picker.file is not None and picker.client is not None
        upload = at.context.runner.exchange.upload(picker.file.id, next(iter(at.context.users.all())).id)
        assert upload is not None and not upload.is_awaited
        told: list[str] = []
        send = picker.client.outbox.enqueue_message
        picker.client.outbox.enqueue_message = lambda kind, data, target: (told.append(str(data)), send(kind, data, target))  # type: ignore[assignment,method-assign]
        picker.delete()  # the dialog is answered
        reading = asyncio.ensure_future(anext(upload.pieces()))
        await until(lambda: upload.is_awaited)
        assert [one for one in told if "xo-upload" in one and upload.id in one]
        upload.close()
        with pytest.raises(EndFailed):
            await reading


async def test_the_file_of_a_lost_page_is_chosen_again(tmp_path: Path, fake: FakePool) -> None:
    uploads: list[Upload] = []

    def drawn(context: Context) -> None:
        uploads.append(context.runner.exchange.offer("a.raw", 3, next(iter(context.users.all())).id))
        SameFile(context.runner.exchange, uploads[0])

    async with looking(tmp_path, fake, drawn) as at:
        (picker,) = at.user.find(kind=SameFile).elements
        for name, size in (("b.raw", 3), ("a.raw", 4)):
            at.user.find(kind=SameFile).trigger("chosen", {"name": name, "size": size})
            assert picker.props["fault"] == f"this is another file; choose a.raw of {size_in_words(3)}"
        at.user.find(kind=SameFile).trigger("chosen", {"name": "a.raw", "size": 3})
        assert picker.props["fault"] == "" and picker.file is None  # nothing new is offered
        uploads[0].close()
        at.user.find(kind=SameFile).trigger("chosen", {"name": "a.raw", "size": 3})
        assert picker.props["fault"] == "the file is no longer offered; choose it again"
