"""Dynamic MCP: requirement 2: sessions, servers, executions."""
