"""Archives and compressed streams: what holds other files. Names, sizes and order are checked, nothing is written."""
