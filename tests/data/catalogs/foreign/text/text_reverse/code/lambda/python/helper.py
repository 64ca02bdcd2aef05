def turn(text):
    return text[::-1]
