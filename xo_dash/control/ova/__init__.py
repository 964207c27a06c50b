"""VMs of other products: an OVA is a tar archive with an OVF, which describes a VM, and the images of its disks."""
