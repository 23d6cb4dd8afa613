"""Speed beside other libraries, in one interleaved run: rows of ``name, ours, peer, unit, ratio``.

`measuring` times and compares, `machine` says on what, `peers` keeps the other libraries in virtual
environments of their own; then one file per benchmark.
"""

from __future__ import annotations
