"""Gateways: requirement 4 and the gateway processes."""
