"""Consoles of VMs: who may see and use them, one viewing of one, and pictures of many."""
