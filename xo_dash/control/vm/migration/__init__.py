"""Moving VMs: to another host of the pool while they run, with their disks, and to another pool."""
