SIZE = 10


def to_cell(x, y, size):
    size = size or SIZE
    return int(x // size) * 1000 + int(y // size)
