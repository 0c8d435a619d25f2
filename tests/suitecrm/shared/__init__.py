"""A SuiteCRM site's own database, used by its PHP and by us."""
