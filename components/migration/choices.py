"""What a person chose for the migration of one VM; the rest follows by itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from data.identity import key_of
from data.objects import Host
from xo_dash.control.vm.migration.mapping import networks_on
from xo_dash.control.vm.migration.request import DiskPlace, MigrateVM, NicPlace
from xo_dash.control.vm.migration.targets import reached_srs


@dataclass(slots=True)
class MigrationChoices:
    host: str = ""  # its key
    disks: dict[str, str] = field(default_factory=dict)  # {uuid of a disk: key of an SR}
    nics: dict[str, str] = field(default_factory=dict)  # {uuid of a NIC: key of a network}
    network: str = ""  # its key
    copy: bool = False

    @classmethod
    def of(cls, request: MigrateVM) -> Self:
        """What was asked for."""
        disks = {place.disk: place.sr for place in request.disks}
        return cls(request.host, disks, {place.nic: place.network for place in request.nics}, request.network or "", request.copy)

    @property
    def is_only_a_host(self) -> bool:
        """Whether disks and NICs are left to the rules, as XAPI was asked about each host."""
        return not self.disks and not self.nics

    def request(self) -> MigrateVM:
        return MigrateVM(
            host=self.host,
            network=self.network or None,
            copy=self.copy,
            disks=tuple(DiskPlace(disk=disk, sr=sr) for disk, sr in self.disks.items()),
            nics=tuple(NicPlace(nic=nic, network=network) for nic, network in self.nics.items()),
        )

    def turn_to(self, key: str, host: Host | None) -> None:
        """Another target: what was touched is kept where it is possible there."""
        self.host, self.network = key, ""
        if host is not None:
            reached = {key_of(sr) for sr in reached_srs(host)}
            there = {key_of(network) for network in networks_on(host)}
            self.disks = {disk: sr for disk, sr in self.disks.items() if sr in reached}
            self.nics = {nic: network for nic, network in self.nics.items() if network in there}
