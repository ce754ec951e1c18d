"""The music machine: everything audible in this book that is nobody's recording.

`score.compose` writes a song from a seed, `mix.render` makes it sound. Nothing is
imported here, so that asking for the version costs nothing.
"""
