"""SQLite storage, through apsw: the event log's segments and delivery.db."""
