"""How well recognition works: pure functions over scores and boxes first, then studies on photographs.

`rates` counts and their intervals; `det` both errors over thresholds; `verification` pairs (1:1);
`identification` open-set search (1:N); `detection` boxes; `deployment_rates` what a deployment is judged by;
`resampling` intervals by person; `sample_size` how many trials; `group_differences` and `group_passes` groups;
`threshold_sweep` a trial at many thresholds; `split` and `filler` who is enrolled; `tables` the lists people
write. On photographs: `photos` makes templates, `pair_study`, `open_set_study` and `detection_study` put the
parts together.
"""

from __future__ import annotations
