"""People: accounts, roles, API tokens and notices."""
