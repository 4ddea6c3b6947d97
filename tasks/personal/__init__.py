"""Personal data: found by detectors, then replaced by tags, dropped with its rows, or only counted."""
