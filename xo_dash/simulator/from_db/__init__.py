"""Pools out of the databases of real ones: `xe pool-dump-database`, /var/lib/xcp/state.db, GET /pool/xmldbdump.

dump.py reads and writes the file, rows.py types its columns and drops what XAPI's collector would, revive.py brings the pool to life
on this machine's addresses (hosts.py, storage.py, vms.py have the parts), anonymise.py takes out whose pool it was.
"""

from .anonymise import anonymised
from .dump import Dump, DumpError, read, write
from .revive import build

__all__ = ["Dump", "DumpError", "anonymised", "build", "read", "write"]
