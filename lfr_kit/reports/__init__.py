"""What a run leaves behind: files of alerts, an annotated clip, one page. Only what an alert covers leaves.

footage_scan    the loop: a source through a pipeline, with everything below fed on the way
run_record      what a run collected: counts, similarities, alert material; never a passer-by's face
alert_files     alerts as JSON lines and CSV
annotated_clip  the footage with every face covered but those that were alerted
page, plots     one self-contained HTML page
out_folder      where they go, each file whole or not at all
"""
