NAMES = ['zero', 'one']
