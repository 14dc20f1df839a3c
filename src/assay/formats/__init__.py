"""Hostile bytes → inert, bounded views; found from content, never from the name.

One folder for each family of formats. ``signatures.py`` in it says how its formats are recognised and is all that is
imported until a file needs a reader.
"""
