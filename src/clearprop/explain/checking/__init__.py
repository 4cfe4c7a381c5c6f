"""Checking what a person has worked out: worksheets read, lines judged, mistakes named."""
