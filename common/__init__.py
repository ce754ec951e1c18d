"""Code that more than one chapter of the book uses."""
