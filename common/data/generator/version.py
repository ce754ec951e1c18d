"""Grows whenever the same seed would give other samples or names: old sets are then made anew."""

VERSION = "4"
