lambda_handler = len
