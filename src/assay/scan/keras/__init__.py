"""What a Keras configuration may name: what is known to only compute, as data, and how bad the rest is."""
