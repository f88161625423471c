"""The JSON form of results: ``auditor/audit/1`` (written and read back), ``auditor/facts/1`` and ``auditor/comparison/1`` (written).

The JSON Schemas beside this module (``schemas/``) describe them. Names are never changed or reused within a version;
a later release of the same version may add fields, so a reader has to ignore names it does not know.
"""
