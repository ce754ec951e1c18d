"""Start a Jupyter kernel that notes every file it reads.

Run as a script in place of ``python -m ipykernel_launcher``, before anything of the book is
imported. ``HEAR_THE_MASK_TRACE`` names the file for the notes and the folders to watch, as JSON.

An audit hook (PEP 578) sees each `open`, also Python's own when it loads a module from its
`.pyc`, and each listing of a folder. It cannot see what a C library opens by itself: `common`
opens files in Python and hands the open file on.
"""

import importlib.util
import json
import os
import sys

SETTING = "HEAR_THE_MASK_TRACE"
PYTHON_SEARCHES = ("_frozen_importlib", "importlib", "pkgutil", "IPython")


def trace(notes, watched, ignored):
    """Append to the file `notes` one line for each path under `watched` when first read."""
    out = os.open(notes, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    watched, ignored, seen = tuple(watched), tuple(ignored), set()

    def note(kind, path):
        if isinstance(path, int):  # a file that is open already
            return
        path = os.path.realpath(os.fsdecode(path or os.curdir))
        if not path.startswith(watched) or path.startswith(ignored):
            return
        if path.endswith(".pyc"):
            try:
                path = importlib.util.source_from_cache(path)
            except ValueError:
                pass
        if (kind, path) not in seen:
            seen.add((kind, path))
            os.write(out, (json.dumps([kind, path]) + "\n").encode())

    def hook(event, args):
        if event == "open":
            path, _, flags = args
            if not flags & os.O_WRONLY:
                note("files", path)
        elif event in ("os.listdir", "os.scandir"):
            # Python lists folders to find modules and packages; what it found, `open` tells.
            if not sys._getframe(1).f_globals.get("__name__", "").startswith(PYTHON_SEARCHES):
                note("listings", args[0])

    sys.addaudithook(hook)


if __name__ == "__main__":
    trace(**json.loads(os.environ.pop(SETTING)))
    del sys.path[0]  # this file's own folder

    from ipykernel import kernelapp

    kernelapp.launch_new_instance()
