"""Our own records, a module for each kind: users, servers, grants ... Small TinyDB files in the data directory, but for the journal.

    directory   the data directory: its modes, locks, and the one thread that writes
    replacing   how a file is written: whole or not at all
    storage     one file: read with its version checked, replaced as a whole
    records     dataclasses in such a file, kept in memory: the base of the stores
    vault       what must not be read by who steals the files
    journal     what changed at VMs: grows, so it is a database
    snapshot    all of them as one, for `backup` and the daily `copies`

Reading is from memory and at once. Writing comes twice: `await store.add(...)` for the program,
`store.add_now(...)` for a command line; both return after the change is on the disk.
"""
