"""YAML to Declaration, with every mistake reported by file and line."""

from auditor.declaration.reader import SCHEMA, parse_declaration, read_declaration

__all__ = ["SCHEMA", "parse_declaration", "read_declaration"]
