"""Who boto3 is with the profile in argv: one ARN. Never asks: stdin is no terminal."""
import sys

import boto3

session = boto3.Session(profile_name=sys.argv[1], region_name="eu-west-1")
print(session.client("sts").get_caller_identity()["Arn"])
