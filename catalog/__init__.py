"""Catalogue: catalogue servers and their sources."""
