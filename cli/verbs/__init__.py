"""The verbs, one a file: parse, one call of the library, render."""
