"""Makes the fingerprints of SDKs and libraries from their published artefacts; see ``tools/README.md``."""
