OPEN = '('
CLOSE = ')'
