def loud(word):
    return word.upper() + '!'


def quiet(word):
    return word.lower()
