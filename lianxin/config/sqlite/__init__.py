"""Our SQLite door: Django's backend, held to the settings that lose nothing (see base.py)."""
