"""Learning what a model does not know, without outside data: whole regions are left out, and what gives them away."""
