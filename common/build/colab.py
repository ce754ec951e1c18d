"""Install in Colab what it lacks of `colab.txt`, and leave alone what it has.

Run by the first cell of every notebook, as a script, with the standard library alone.
"""

import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

# Loaded into the kernel already, or compiled against each other: a new version breaks the session.
KEEP = (
    "numpy scipy torch pandas matplotlib librosa numba ipython ipykernel ipywidgets "
    "scikit-learn soundfile tqdm protobuf anywidget"
).split()


def installed(name):
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def main():
    here = Path(__file__).resolve().parent
    with tempfile.TemporaryDirectory() as folder:
        keep = Path(folder) / "keep.txt"
        keep.write_text("".join(f"{name}=={installed(name)}\n" for name in KEEP if installed(name)))
        pip = [sys.executable, "-m", "pip", "install", "--quiet"]
        files = ["--constraint", str(keep), "--requirement", str(here / "colab.txt")]
        # The file names a folder of the book, relative to the book's root.
        sys.exit(subprocess.run([*pip, *files], cwd=here.parents[1]).returncode)


if __name__ == "__main__":
    main()
