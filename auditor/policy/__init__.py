"""From a policy document to a draft declaration, every row with its place in the text."""
