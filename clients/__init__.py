"""Programs that others wrote, run unmodified against the simulator: `make clients`."""
