"""Audit: who did what, from where, with which outcome."""
