"""The five hash functions that rollouts are made of, one id at a time and many side by side."""
