"""Image signatures: requirement 3: which images may run."""
