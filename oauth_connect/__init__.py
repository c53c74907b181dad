"""OAuth connections: requirement 1: authorisation of remote servers."""
