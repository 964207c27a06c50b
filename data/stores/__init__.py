"""Our own records: users, sessions, servers, settings. Small TinyDB files in the data directory.

    directory   the data directory: its modes, locks, and the one thread that writes
    replacing   how a file is written: whole or not at all
    storage     one file: read with its version checked, replaced as a whole
    records     dataclasses in such a file, kept in memory: the base of the four stores
    vault       what must not be read by who steals the files
    users, sessions, servers, settings

Reading is from memory and at once. Writing comes twice: `await store.add(...)` for the program,
`store.add_now(...)` for a command line; both return after the change is on the disk.
"""
