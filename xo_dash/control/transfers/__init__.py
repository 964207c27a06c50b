"""Bytes on their way between a pool and somebody: a browser, a command line, an address."""
