"""What the world is like: YAML, its schema, one loader, one compiled file."""
