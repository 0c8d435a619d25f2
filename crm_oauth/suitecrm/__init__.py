"""What a SuiteCRM site has and we can take over: keys and configuration of its files, rows of its database."""
