"""Commands for the NICs of VMs."""
