"""Pages as PDF: tagged for screen readers (PDF/UA-1), with title and language, fetching nothing.

References
----------
ISO 14289-1 (PDF/UA-1).
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from lfr_kit.errors import MissingDependencyError, OutputError
from lfr_kit.reports.whole_file import whole_file

__all__ = ["pdf_bytes", "write_pdf"]

VARIANT = "pdf/ua-1"
_ADVICE = (
    "PDF needs the system library Pango; install it with: apt-get install libpango-1.0-0 libpangoft2-1.0-0 "
    "(macOS: brew install pango); the HTML files need nothing and print well"
)


def _weasyprint() -> Any:
    from PIL import ImageFile

    takes_truncated = ImageFile.LOAD_TRUNCATED_IMAGES
    try:
        import weasyprint
    except (ImportError, OSError) as error:
        raise MissingDependencyError(f"{_ADVICE} ({error})".replace("\n", " ")) from None
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = takes_truncated  # it lets damaged pictures pass in the whole process
    for name in ("weasyprint", "fontTools"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return weasyprint


class _Refusing:
    """Fetches nothing: whatever a page asks for is left out."""

    _fail_on_errors = False

    def __call__(self, url: str, *_: Any, **__: Any) -> Any:
        raise OutputError(f"a document asked for {url[:80]}, but documents load nothing")


def pdf_bytes(html: str) -> bytes:
    """A page as PDF/UA-1; title and language are those of the page.

    Raises
    ------
    MissingDependencyError
        If Pango is not installed; the message names the line that installs it.
    """
    weasyprint = _weasyprint()
    page = weasyprint.HTML(string=html, url_fetcher=_Refusing(), base_url=None)
    return bytes(page.write_pdf(pdf_variant=VARIANT))


def write_pdf(path: Path, html: str) -> None:
    """Writes `pdf_bytes`, whole or not at all.

    Raises
    ------
    OutputError
        If it cannot be written.
    MissingDependencyError
        As `pdf_bytes`.
    """
    content = pdf_bytes(html)
    with whole_file(path) as partial:
        partial.write_bytes(content)
