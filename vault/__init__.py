"""Vault: secrets at rest."""
