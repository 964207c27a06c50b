"""Measurements of the whole product against its simulator, on one machine: `make bench` writes docs/performance.md."""
