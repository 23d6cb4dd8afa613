"""How well recognition works: pure functions over scores and boxes first, then studies on photographs.

`rates` counts and their intervals; `det` both errors over thresholds; `verification` pairs (1:1);
`identification` open-set search (1:N); `detection` boxes; `deployment_rates` what a deployment is judged by;
`resampling` intervals by person; `sample_size` how many trials; `group_differences` and `group_passes` groups;
`threshold_sweep` a trial at many thresholds; `split` and `filler` who is enrolled; `tables` the lists people
write. On photographs: `photos` makes templates, `pair_study`, `open_set_study` and `detection_study` put the
parts together.

Trials: `trial_manifest` and `trial_tables` say who takes part, `folder_manifest` makes one of a folder,
`template_cache` keeps their templates sealed, `trial_passes` makes passes, `trial` and `list_search` search
drawn lists, `trial_figures` counts, `trial_run` and `run_folder` keep results, `compare_runs` sets them side by
side; `calibrate` goes from a budget to a threshold, `group_study` and `group_figures` compare groups. Operating
curves: `degradation` makes photographs worse, `labelled_passes` and `curve_passes` take passes from clips,
`curve_conditions`, `curve_photos`, `curve_study`, `operating_curve` and `curve_report` do the rest; `curve_run`
keeps the result as a trial's is kept.
"""

from __future__ import annotations
