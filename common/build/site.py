"""Make the site from the executed notebooks; serve it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from common.build import inputs
from common.build.book import Book, BuildError, write_atomically

PORT = 8000
JUPYTER_BOOK = "from jupyter_book.cli.main import main; main()"


def build(book: Book) -> bool:
    """Build the whole site unless nothing changed; return whether it was built.

    All pages are made afresh each time: Sphinx warns only of pages that it reads, so a page that
    it skips could hide a link that broke. The new site takes the old one's place when it is whole.
    """
    stamp = book.html.with_name("html.inputs")
    key = site_hash(book)
    if book.html.exists() and stamp.exists() and stamp.read_text() == key:
        print("The site is up to date.")
        return False
    print("Building the site", flush=True)
    with tempfile.TemporaryDirectory(prefix="draft-", dir=book.html.parent) as draft:
        command = [sys.executable, "-c", JUPYTER_BOOK, "build", str(book.root), "--all", "--quiet",
                   "--nitpick", "--warningiserror", "--keep-going", "--path-output", draft]
        done = subprocess.run(command, cwd=book.root, stdout=subprocess.PIPE, text=True)
        if done.returncode:
            raise BuildError("The site has errors or warnings (above). No site was published.")
        unpublish(book)
        os.replace(Path(draft) / "_build" / "html", book.html)
    write_atomically(stamp, key)
    return True


def unpublish(book: Book) -> None:
    """Take away a site that no longer shows what the sources say."""
    shutil.rmtree(book.html, ignore_errors=True)
    book.html.with_name("html.inputs").unlink(missing_ok=True)


def site_hash(book: Book) -> str:
    """The hash of every file that the site is made of, and of the environment."""
    folders = [book.root / name for name in ("book", "common/build")]
    files = [
        path
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and not inputs.NOT_LISTED.intersection(path.parts)
    ]
    files += [book.root / name for name in ("_config.yml", "_toc.yml", "CHANGELOG.md")]
    files += [book.executed(page) for page in book.notebooks]
    lines = [f"{path.relative_to(book.root)} {inputs.file_hash(path)}" for path in sorted(files)]
    return inputs.text_hash("\n".join([inputs.environment_hash(inputs.pins_file(book)), *lines]))


def serve(folder: Path, port: int = PORT) -> None:
    from functools import partial
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        print(f"http://localhost:{port}/ shows the book; Ctrl-C stops it.")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()
