import json
import os

HERE = os.path.dirname(os.path.abspath(__file__))

with open(os.path.join(HERE, 'data', 'greetings.json')) as file:
    GREETINGS = json.load(file)


def lambda_handler(event, context=None):
    rows = event['arguments']
    return {'success': True, 'num_records': len(rows), 'results': [GREETINGS[language] + ' ' + name for name, language in rows]}
