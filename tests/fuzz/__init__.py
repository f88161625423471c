"""Coverage-guided fuzzing of every reader: ``python -m tests.fuzz --help``.

``targets`` names the readers and what a sound answer of each is; ``archives`` changes what stands inside archives; ``corpus/``
holds, by target, the smallest input of every crash that was found, named after its cause.
"""
