"""HTTP handlers that carry files: VMs, disks, metadata, logs. Each runs under a task, streams, and keeps nothing large in memory."""
