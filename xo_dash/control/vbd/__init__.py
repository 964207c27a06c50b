"""Commands for the drives of VMs: what is attached, and how."""
