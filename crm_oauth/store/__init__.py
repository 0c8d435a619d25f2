"""The database: SuiteCRM's own tables, the repositories over them, and one unit of work per request."""
