"""The book's own tools: run the notebooks that changed, then make the site from them.

Nothing here is needed to read a chapter. ``python -m common.build --help`` lists the commands.
"""
