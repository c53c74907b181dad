"""This app has no tables yet."""
