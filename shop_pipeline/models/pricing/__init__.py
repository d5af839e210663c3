"""Prices as numbers: how demand answers to them, where they go, what they might be. Not here: tables and files."""
