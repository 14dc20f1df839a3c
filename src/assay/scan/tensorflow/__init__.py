"""What TensorFlow's operations do: those known to compute and nothing else, as data, and the harm of the others."""
