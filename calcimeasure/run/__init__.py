"""One run: stacks are planned, measured in processes or on a cluster, and kept as they come."""
