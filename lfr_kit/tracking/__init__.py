"""Which detections of one camera are the same face over time."""
