"""Rolling reboot and rolling update of a pool: one host after the other, each as a run of its own, and what is put aside meanwhile."""
