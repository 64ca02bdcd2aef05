SIZE = 2


def parent(cell):
    return (cell // 1000 // SIZE) * 1000 + cell % 1000 // SIZE
