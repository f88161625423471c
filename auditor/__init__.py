"""Audit a mobile app build against the privacy policy its owner declared."""

__version__ = "0.1.0"
