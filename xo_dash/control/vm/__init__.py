"""Commands for VMs and their snapshots: each file has requests, checks, plans and rows of the table."""
