"""What a data directory can answer instead of a record.

StoreError
├── DirectoryUnusable    it cannot be made, read or written
├── DirectoryInUse       another process serves from it
├── StoreBusy            another process holds the lock for writing
├── StoreTooNew          the file was written by a later xo-dash
├── StoreUnreadable      truncated, not JSON, or not our records
├── SecretUnreadable     sealed with another key, or changed since
├── RecordMissing        no record of that id
└── RecordRefused        it is against what is there: a name that is taken, the last administrator
    └── RecordInvalid    a value makes no sense, whatever is there

Each carries one sentence a person can act on.
"""


class StoreError(Exception):
    """The base of them; `str(error)` is a translated sentence."""


class DirectoryUnusable(StoreError):
    pass


class DirectoryInUse(StoreError):
    pass


class StoreBusy(StoreError):
    pass


class StoreTooNew(StoreError):
    pass


class StoreUnreadable(StoreError):
    pass


class SecretUnreadable(StoreError):
    pass


class RecordMissing(StoreError):
    pass


class RecordRefused(StoreError):
    pass


class RecordInvalid(RecordRefused):
    pass
