"""Android builds: manifest, resources, DEX files, native libraries, packaged files and signatures.

Nothing stands here, so that what reads DEX files can be had without the rest.
"""
