"""Whatever people look at: maps, files of results, notebooks, figures."""
