"""Where a lesion lies: what its image shows of the body, its place there, and from that its site and its side."""
