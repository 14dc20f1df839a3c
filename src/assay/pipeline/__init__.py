"""The one place where capabilities meet."""
