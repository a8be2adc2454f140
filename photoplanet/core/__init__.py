"""What every part leans on and nothing of photos or the Earth: files, caches, sessions, progress, workers."""
