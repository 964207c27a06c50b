"""OVAs as VirtualBox and VMware write them, small; and what is wrong with others."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from xo_dash.control.lazy_text import LazyText
from xo_dash.control.requests.file import File
from xo_dash.control.transfers.ends import GONE, EndFailed

GRAIN = 64 << 10


def vmdk(content: bytes) -> bytes:
    """streamOptimized, by VMware's description of it."""
    size = max(2 << 20, -(-len(content) // GRAIN) * GRAIN)
    content = content.ljust(size, b"\0")
    head = b"KDMV" + (3).to_bytes(4, "little") + (3 << 16 | 1).to_bytes(4, "little")
    head += (size // 512).to_bytes(8, "little") + (GRAIN // 512).to_bytes(8, "little")
    head += (
        bytes(16)
        + (512).to_bytes(4, "little")
        + bytes(8)
        + b"\xff" * 8
        + (2).to_bytes(8, "little")
        + b"\0\n \r\n"
        + (1).to_bytes(2, "little")
    )
    parts = [head.ljust(1024, b"\0")]
    for at in range(0, size, GRAIN):
        if any(content[at : at + GRAIN]):
            packed = zlib.compress(content[at : at + GRAIN])
            marker = (at // 512).to_bytes(8, "little") + len(packed).to_bytes(4, "little") + packed
            parts.append(marker.ljust(-(-len(marker) // 512) * 512, b"\0"))
    parts.append((1).to_bytes(8, "little") + bytes(4) + (1).to_bytes(4, "little") + bytes(496) + bytes(512))  # a table
    return b"".join((*parts, bytes(512)))


VIRTUALBOX = """<?xml version="1.0"?>
<Envelope ovf:version="1.0" xml:lang="en-US" xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"
 xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData"
 xmlns:vssd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData" xmlns:vbox="http://www.virtualbox.org/ovf/machine">
 <References><File ovf:id="file1" ovf:href="web-disk001.vmdk"/><File ovf:id="file2" ovf:href="web-disk002.vmdk"/></References>
 <DiskSection><Info>disks</Info>
  <Disk ovf:capacity="1048576" ovf:diskId="vmdisk1" ovf:fileRef="file1" ovf:format="x#streamOptimized" vbox:uuid="1"/>
  <Disk ovf:capacity="1048576" ovf:diskId="vmdisk2" ovf:fileRef="file2" ovf:format="x#streamOptimized" vbox:uuid="2"/></DiskSection>
 <NetworkSection><Info>networks</Info><Network ovf:name="NAT"/></NetworkSection>
 <VirtualSystem ovf:id="web"><Info>A VM</Info>
  <ProductSection><Info>p</Info><Product>Web</Product><Property ovf:key="password" ovf:type="string"/></ProductSection>
  <AnnotationSection><Info>a</Info><Annotation>A web server</Annotation></AnnotationSection>
  <OperatingSystemSection ovf:id="96"><Info>os</Info></OperatingSystemSection>
  <VirtualHardwareSection><Info>hw</Info>
   <System><vssd:ElementName>Family</vssd:ElementName><vssd:VirtualSystemType>virtualbox-2.2</vssd:VirtualSystemType></System>
   <Item><rasd:ElementName>2 virtual CPU</rasd:ElementName><rasd:InstanceID>1</rasd:InstanceID><rasd:ResourceType>3</rasd:ResourceType>
    <rasd:VirtualQuantity>2</rasd:VirtualQuantity></Item>
   <Item><rasd:AllocationUnits>MegaBytes</rasd:AllocationUnits><rasd:InstanceID>2</rasd:InstanceID><rasd:ResourceType>4</rasd:ResourceType>
    <rasd:VirtualQuantity>2048</rasd:VirtualQuantity></Item>
   <Item><rasd:InstanceID>3</rasd:InstanceID><rasd:ResourceSubType>PIIX4</rasd:ResourceSubType><rasd:ResourceType>5</rasd:ResourceType></Item>
   <Item><rasd:AddressOnParent>1</rasd:AddressOnParent><rasd:HostResource>/disk/vmdisk2</rasd:HostResource><rasd:InstanceID>9</rasd:InstanceID>
    <rasd:Parent>3</rasd:Parent><rasd:ResourceType>17</rasd:ResourceType></Item>
   <Item><rasd:AddressOnParent>0</rasd:AddressOnParent><rasd:HostResource>/disk/vmdisk1</rasd:HostResource><rasd:InstanceID>8</rasd:InstanceID>
    <rasd:Parent>3</rasd:Parent><rasd:ResourceType>17</rasd:ResourceType></Item>
   <Item><rasd:ElementName>sound</rasd:ElementName><rasd:InstanceID>7</rasd:InstanceID><rasd:ResourceType>35</rasd:ResourceType></Item>
   <Item><rasd:Connection>NAT</rasd:Connection><rasd:InstanceID>6</rasd:InstanceID><rasd:ResourceType>10</rasd:ResourceType></Item>
  </VirtualHardwareSection>
  <vbox:Machine><Hardware><Firmware type="EFI"/></Hardware></vbox:Machine>
 </VirtualSystem>
</Envelope>"""

VMWARE = """<?xml version="1.0" encoding="UTF-8"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"
 xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData" xmlns:vmw="http://www.vmware.com/schema/ovf">
 <References><File ovf:href="db-disk1.vmdk" ovf:id="file1" ovf:size="1"/></References>
 <DiskSection><Info>d</Info>
  <Disk ovf:capacity="1" ovf:capacityAllocationUnits="byte * 2^20" ovf:diskId="vmdisk1" ovf:fileRef="file1"/></DiskSection>
 <NetworkSection><Info>n</Info><Network ovf:name="VM Network"/></NetworkSection>
 <VirtualSystem ovf:id="vm"><Info>v</Info><Name>database</Name>
  <VirtualHardwareSection><Info>h</Info>
   <Item><rasd:AllocationUnits>hertz * 10^6</rasd:AllocationUnits><rasd:InstanceID>1</rasd:InstanceID>
    <rasd:ResourceType>3</rasd:ResourceType><rasd:VirtualQuantity>4</rasd:VirtualQuantity></Item>
   <Item><rasd:AllocationUnits>byte * 2^20</rasd:AllocationUnits><rasd:InstanceID>2</rasd:InstanceID>
    <rasd:ResourceType>4</rasd:ResourceType><rasd:VirtualQuantity>512</rasd:VirtualQuantity></Item>
   <Item><rasd:InstanceID>3</rasd:InstanceID><rasd:ResourceSubType>VirtualSCSI</rasd:ResourceSubType><rasd:ResourceType>6</rasd:ResourceType></Item>
   <Item><rasd:AddressOnParent>0</rasd:AddressOnParent><rasd:HostResource>ovf:/disk/vmdisk1</rasd:HostResource><rasd:InstanceID>9</rasd:InstanceID>
    <rasd:Parent>3</rasd:Parent><rasd:ResourceType>17</rasd:ResourceType></Item>
   <Item><rasd:Connection>VM Network</rasd:Connection><rasd:InstanceID>7</rasd:InstanceID><rasd:ResourceType>10</rasd:ResourceType></Item>
   <vmw:Config ovf:required="false" vmw:key="firmware" vmw:value="bios"/>
  </VirtualHardwareSection>
 </VirtualSystem>
</Envelope>"""
BOMB = """<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><Envelope>&b;</Envelope>"""


def ova(files: Mapping[str, bytes], manifest: str = "SHA256", spoil: str = "") -> bytes:
    """The archive; `manifest`: by what algorithm, empty for none; `spoil`: the file whose sum is wrong in it."""
    lines = [f"{manifest}({name})= {hashlib.new(manifest or 'md5', content).hexdigest()}" for name, content in files.items()]
    if spoil:
        lines = [line[:-4] + "0000" if f"({spoil})" in line else line for line in lines]
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in {**files, **({"x.mf": "\n".join(lines).encode()} if manifest else {})}.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return made.getvalue()


class Held:
    """Bytes that are there. Meets Source."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.moved: Callable[[int], None] = lambda _count: None

    @property
    def size(self) -> int:
        return len(self._content)

    async def pieces(self, offset: int = 0, length: int | None = None) -> AsyncGenerator[bytes]:
        yield self._content[offset:] if length is None else self._content[offset : offset + length]

    def close(self, reason: LazyText | None) -> None:
        """There is nothing to close."""


class Folder:
    """Files by their names or addresses, to be looked into. `asked`: in which order that was done."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files
        self.asked: list[str] = []

    @asynccontextmanager
    async def opening(self, file: File) -> AsyncIterator[Held]:
        key = file.url or file.name
        self.asked.append(key)
        if key not in self._files:
            raise EndFailed(GONE)
        yield Held(self._files[key])

    def file(self, name: str) -> File:
        return File(id=name, name=name, size=len(self._files[name]))


def ovf_of(systems: Mapping[str, str], group: str = "", startup: str = "") -> bytes:
    """VMs by name, each with one disk by its href; `startup`: what the group says of their start."""
    files = "".join(f'<File id="f{n}" href="{href}"/>' for n, href in enumerate(systems.values()))
    disks = "".join(f'<Disk diskId="d{n}" fileRef="f{n}"/>' for n in range(len(systems)))
    vms = "".join(
        f'<VirtualSystem id="{name}"><VirtualHardwareSection>'
        "<Item><ResourceType>4</ResourceType><VirtualQuantity>256</VirtualQuantity></Item>"
        f"<Item><ResourceType>17</ResourceType><HostResource>/disk/d{n}</HostResource></Item></VirtualHardwareSection></VirtualSystem>"
        for n, name in enumerate(systems)
    )
    if group:
        vms = f'<VirtualSystemCollection id="{group}"><StartupSection>{startup}</StartupSection>{vms}</VirtualSystemCollection>'
    return f"<Envelope><References>{files}</References><DiskSection>{disks}</DiskSection>{vms}</Envelope>".encode()
