"""Whole Android apps, built from the SDKs their vendors publish: as they are, renamed, repackaged and shrunk.

Because the apps are built here, it is known of every class in them whose it is, whatever it is called.
"""
