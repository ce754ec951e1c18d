"""``python -m common.build COMMAND``: the steps behind the Makefile's targets."""

from __future__ import annotations

import argparse
import sys
import time

from common.build import bootstrap, inputs, printed, site
from common.build.book import Book, BuildError
from common.build.execute import execute


def make_book(book: Book, jobs: int) -> None:
    """Run what changed, build the site, say where it is. A failure leaves no old site behind."""
    start = time.monotonic()
    try:
        execute(book, jobs=jobs)
        site.build(book)
    except BaseException:
        site.unpublish(book)
        raise
    report(book)
    print(f"\nDone in {time.monotonic() - start:.0f} s.")
    print(f"Open {book.html / 'index.html'}")
    print(f"or run `make serve` and open http://localhost:{site.PORT}/")


def report(book: Book) -> None:
    """Print how long each notebook took when it last ran."""
    seconds = {page: inputs.read_record(book, page)["seconds"] for page in book.notebooks}
    print("\nSeconds on one core, when last run:")
    for page, value in seconds.items():
        print(f"  {value:6.1f}  {page}")
    print(f"  {sum(seconds.values()):6.1f}  together")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m common.build", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in [
        ("book", "run the notebooks that changed and build the site"),
        ("execute", "run the notebooks that changed"),
        ("serve", "serve the built site"),
        ("print", "write the built site into one PDF"),
        ("bootstrap", "write the one set-up cell into every notebook"),
    ]:
        command = commands.add_parser(name, help=text, description=text)
        if name in ("book", "execute"):
            command.add_argument("--jobs", type=int, default=2, help="notebooks at a time")
        if name == "serve":
            command.add_argument("--port", type=int, default=site.PORT)
    options = parser.parse_args(arguments)
    book = Book()
    try:
        if options.command == "book":
            make_book(book, options.jobs)
        elif options.command == "execute":
            execute(book, jobs=options.jobs)
        elif options.command == "serve":
            if not book.html.exists():
                raise BuildError("There is no site yet: run `make book` first.")
            site.serve(book.html, options.port)
        elif options.command == "print":
            print(printed.write_pdf(book))
        else:
            print("\n".join(bootstrap.write_bootstrap(book)) or "Every notebook has the cell.")
    except BuildError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. What ran to its end is kept.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
