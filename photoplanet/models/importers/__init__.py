"""Public geolocators as model folders: one file an importer, and what importers share."""
