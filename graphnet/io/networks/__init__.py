"""Networks in files: safetensors."""
