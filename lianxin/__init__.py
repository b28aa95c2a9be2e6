"""连心桥 (Lianxinqiao): one tree, one ledger, schemes as data. Start at docs/where-things-live.md."""

import sys

__version__ = "0.1.0"

try:
    # The sqlite3 of Debian 12 and others (3.7.0 to 3.51.2) can lose acknowledged commits in a WAL-reset race. Exactly one
    # SQLite copy may open the live file, because two copies in one process cancel each other's locks: so it is swapped here,
    # before anything else can import it. config/sqlite/base.py decides what the version found is allowed to do.
    import pysqlite3
    import pysqlite3.dbapi2
except ImportError:  # no wheel for this machine (Linux ARM): the system's copy, kept off WAL
    pass
else:
    sys.modules["sqlite3"] = pysqlite3
    sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2
