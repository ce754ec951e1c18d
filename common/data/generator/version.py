"""Grows whenever the same seed would give other samples: old sets are then made anew."""

VERSION = "3"
