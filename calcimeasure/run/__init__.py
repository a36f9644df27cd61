"""What a command does with a folder of results: above all a run, which plans, measures and keeps stacks."""
