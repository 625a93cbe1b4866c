"""This file names the fixed files of a package."""

MANIFEST = "manifest.yaml"
FREE_FILES = frozenset({"glossario.md", "README.md"})
