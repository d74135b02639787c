"""How a policy walks a fleet from the old version to the new one. Pure."""
