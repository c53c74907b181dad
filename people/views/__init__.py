"""The pages of people: logging in, accounts, tokens, notices, profile."""
