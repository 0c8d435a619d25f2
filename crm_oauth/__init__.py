"""crm-oauth: an OAuth 2 authorization server that takes the place of the one built into SuiteCRM."""
