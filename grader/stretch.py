"""A lab's seconds are those of a machine that has its cores to itself; ours may be shared."""


def stretch(*, concurrency: int, cpus: float, cores: int) -> float:
    """By how much a lab's clocks run slower here, where attempts may outnumber the cores.

    Each of `concurrency` attempts may use `cpus` at once. Never below 1: a machine with cores
    to spare gives nobody more of them than the lab does.
    """
    return max(1.0, concurrency * cpus / cores)
