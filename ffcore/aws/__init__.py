"""The platform's side: Lambda handlers for flags and experiments, their metrics and alarms; boto3 is imported late."""
