"""Who boto3 is with the profile in argv, or as the environment has it: one ARN. Never asks: stdin is no terminal."""
import sys

import boto3

session = boto3.Session(profile_name=sys.argv[1] if len(sys.argv) > 1 else None)
print(session.client("sts").get_caller_identity()["Arn"])
