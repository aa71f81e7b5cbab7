"""
Who boto3 is with the profile in argv, or as the environment has it: one ARN. Never asks: stdin is no terminal. With the
same client again, until the file that IDENTIFY_UNTIL names is there.
"""
import os
import sys

import boto3

session = boto3.Session(profile_name=sys.argv[1] if len(sys.argv) > 1 else None)
client = session.client("sts")
until = os.environ.get("IDENTIFY_UNTIL")
while until is not None and not os.path.exists(until):
    client.get_caller_identity()
print(client.get_caller_identity()["Arn"])
