"""What a script touches outside of itself: files, figures, streams, generators without a seed."""
