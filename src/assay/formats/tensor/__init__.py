"""Raw numbers with a header: PyTorch, NumPy, joblib, safetensors, GGUF, Flax."""
