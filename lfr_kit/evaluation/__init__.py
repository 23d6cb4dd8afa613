"""How well recognition works: pure functions over scores and boxes first, then studies on photographs.

`rates` counts and their intervals; `verification` pairs (1:1); `identification` open-set search (1:N);
`detection` boxes; `split` who is enrolled; `tables` the lists people write. On photographs: `photos` makes
templates, `pair_study`, `open_set_study` and `detection_study` put the parts together.
"""

from __future__ import annotations
