"""Many sources to one photo table: scan, inspect, build."""
