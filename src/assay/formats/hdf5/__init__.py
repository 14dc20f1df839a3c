"""HDF5 and what Keras keeps in it, in its zip and in its JSON."""
