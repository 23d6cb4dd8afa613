"""A page on standard input, as PDF on standard output: what makes PDFs takes more memory than the server."""

from __future__ import annotations

import sys

from lfr_kit.errors import LfrError

__all__ = ["main"]


def main() -> int:
    """0, or 1 with what is wrong on standard error."""
    from lfr_kit.documents.pdf import pdf_bytes

    try:
        content = pdf_bytes(sys.stdin.buffer.read().decode())
    except LfrError as error:
        sys.stderr.write(str(error))
        return 1
    sys.stdout.buffer.write(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
