"""The page of a VM: its head, and a file for each tab."""
