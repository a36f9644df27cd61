"""Where a lesion lies: its side and its body site, each with its evidence; what belongs together in a study."""
