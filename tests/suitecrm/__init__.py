"""A SuiteCRM site's own database, files and users."""
