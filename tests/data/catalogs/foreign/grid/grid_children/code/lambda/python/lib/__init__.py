from .steps import STEPS


def children(cell, size=2):
    x, y = divmod(cell, 1000)
    return [(x * size + i) * 1000 + y * size + j for i, j in STEPS]
