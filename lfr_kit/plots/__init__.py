"""Every plot, in one style: for notebooks, dashboards and HTML pages alike.

A plot is a function of an Axes and plain numbers. It draws, and returns in words what it shows, for whoever
cannot see it; `svg.svg_of` makes an <svg> element of it, `figure.figure_of` a figure for a notebook.

`det`, `score_histograms`, `cmc` how scores tell people apart; `tpir_by_group` groups; `fpir_against_n`,
`false_alert_reliability` what to expect of a watchlist; `operating_curve` what distance or blur cost;
`similarities_over_time`, `faces_over_time` one run; `state_boxes` states and what leads from one to the next.
"""

from __future__ import annotations
