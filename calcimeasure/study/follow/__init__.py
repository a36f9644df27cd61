"""The same masses at two dates: how the body moved between them, which masses belong together, and what changed.

`registration` finds the motion between two stacks, `matching` which masses are one, `paired` how much calcium came or
went, `verdict` whether that is beyond the error of measuring, `response` what follows for a patient. Nothing here reads
or writes a file.
"""
