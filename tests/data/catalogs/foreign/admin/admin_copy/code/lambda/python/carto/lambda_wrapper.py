import json


def redshift_handler(function):
    def lambda_handler(event, context=None):
        found = [function(row) for row in event['arguments']]
        return json.dumps({'success': True, 'num_records': len(found), 'results': found})

    return lambda_handler
