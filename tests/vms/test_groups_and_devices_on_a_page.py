"""vApps and devices of hosts where people see them: made, filled and followed on pages."""

from pathlib import Path

from nicegui import ui

from components.vms.page.settings import settings
from components.vms.vapps.parts import MembersCard, appliance_head
from data.objects import PUSB, VM, VUSB, Appliance, Host, Pool, PowerState, USBGroup
from data.stores.users import Role
from data.views.appliance import ApplianceView
from data.views.vm import VMView
from tests.control.browser_page import looking, press
from tests.control.fake_pool import FakePool
from xo_dash.context import Context


def put_group(fake: FakePool) -> Appliance:
    group = Appliance(name_label="shop <b>", name_description="front and *back*", allowed_operations=frozenset({"start"}))
    fake.put(group)
    web, db = fake.vm("web", order=2, appliance=group.ref), fake.vm("db", PowerState.RUNNING, order=1, start_delay=30, appliance=group.ref)
    fake.change(group, VMs=[web.ref, db.ref])
    return group


async def test_a_vapp_shows_its_vms_in_order_and_follows_them(tmp_path: Path) -> None:
    fake = FakePool()
    group = put_group(fake)

    def page(context: Context) -> None:
        view = context.scope.view(ApplianceView, group)
        appliance_head(context, view)
        MembersCard(context, view)

    async with looking(tmp_path, fake, page) as at:
        await at.user.should_see("shop <b>")
        await at.user.should_see("1 of 2 running")
        await at.user.should_see("<em>back</em>")
        await at.user.should_see("30\u202fs")
        press(at.user, "vm_appliance.start")
        await at.user.should_see("1. web")  # of the two the one that is halted
        web = next(vm for vm in fake.home.all(VM).values() if vm.name_label == "web")
        fake.change(web, power_state=PowerState.RUNNING)
        await at.user.should_see("Running")


async def test_a_usb_device_of_a_vm_is_told_with_its_host(tmp_path: Path) -> None:
    fake = FakePool()
    fake.put(Pool(name_label="lab"))
    host, sockets = Host(name_label="host-1"), USBGroup(name_label="sticks")
    fake.put(host)
    fake.put(sockets)
    stick = PUSB(USB_group=sockets.ref, host=host.ref, path="1-2", vendor_desc="Kingston", product_desc="DataTraveler")
    fake.put(stick)
    fake.change(sockets, PUSBs=[stick.ref])
    vm = fake.vm()
    async with looking(tmp_path, fake, lambda context: settings(context, context.scope.view(VMView, vm))) as at:
        await at.user.should_see("No device of a host is passed through to it.")
        await at.user.should_see(marker="vm.add_usb")
        await at.user.should_not_see(marker="vm.add_gpu")
        vusb = VUSB(VM=vm.ref, USB_group=sockets.ref)
        fake.put(vusb)
        fake.change(vm, VUSBs=[vusb.ref])
        await at.user.should_see("Kingston DataTraveler")
        await at.user.should_see("from the next start")


async def test_who_may_only_look_is_offered_no_device(tmp_path: Path) -> None:
    fake = FakePool()
    fake.put(PUSB())
    vm = fake.vm()
    async with looking(tmp_path, fake, lambda context: settings(context, context.scope.view(VMView, vm)), Role.VIEWER) as at:
        await at.user.should_see("No device of a host is passed through to it.")
        await at.user.should_not_see(marker="vm.add_usb")


async def test_what_other_firmware_costs_is_said_where_it_is_chosen(tmp_path: Path) -> None:
    fake = FakePool()
    vm = fake.vm(domain_type="hvm", HVM_boot_policy="BIOS order", HVM_boot_params={"firmware": "bios"})
    async with looking(tmp_path, fake, lambda context: settings(context, context.scope.view(VMView, vm))) as at:
        at.user.find(marker="edit-vm.firmware").click()
        await at.user.should_see(marker="editor-vm.firmware")
        await at.user.should_not_see("usually no longer starts")
        (choice,) = [one for one in at.user.find(kind=ui.select).elements if "bios" in (one.options or {})]
        choice.set_value("uefi")
        await at.user.should_see("usually no longer starts")
