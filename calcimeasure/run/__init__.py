"""The work of the commands on a folder of results: mainly a run, which plans, measures and stores stacks."""
