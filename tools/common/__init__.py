"""What several tools share: user's code, and arithmetic on what it gives back."""
