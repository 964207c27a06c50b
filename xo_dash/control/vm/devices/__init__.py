"""Devices of a host that a VM has for itself: graphics cards, PCI devices, USB devices."""

from typing import Final

from xo_dash.control.vm.devices.gpu import ADD_GPU, REMOVE_GPU
from xo_dash.control.vm.devices.pci import ADD_PCI, REMOVE_PCI
from xo_dash.control.vm.devices.usb import ADD_USB, REMOVE_USB

DEVICES: Final = (ADD_GPU, ADD_PCI, ADD_USB, REMOVE_PCI, REMOVE_GPU, REMOVE_USB)
