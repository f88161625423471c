"""Makes what is known of the manifests libraries bring: see ``tools/README.md``."""
