def turn(text):
    return text * 2
