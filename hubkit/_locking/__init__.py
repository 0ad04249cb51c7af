"""Locks: exactly the same models every time."""
