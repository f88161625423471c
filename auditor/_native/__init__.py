"""Optional C twins of slow loops; each has a stdlib twin that gives equal results and is used where this is not built."""
