"""Commands for disks."""
