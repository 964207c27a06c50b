"""VMs: the list of all of them, and the parts of one's page."""
