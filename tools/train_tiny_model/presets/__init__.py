"""The models that come with train_tiny_model, one file each."""
