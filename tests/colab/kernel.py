"""Start a Jupyter kernel that takes itself for Colab's: run as a script, by Colab's Python."""

import sys

from pretend import pretend

if __name__ == "__main__":
    pretend()
    del sys.path[0]  # this file's own folder

    from ipykernel import kernelapp

    kernelapp.launch_new_instance()
