"""What the user wrote, read into values: bundles, ignore rules, Procfile, option settings."""
