"""What the world is like: YAML, its schema, one loader, one compiled file.

Take :func:`auditor.knowledge.load.load` from its own module: the module and the function share a name, so the package
itself cannot offer both.
"""
