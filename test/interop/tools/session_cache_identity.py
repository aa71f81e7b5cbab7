"""Who boto3-session-cache is with the profile in AWS_PROFILE: one ARN. Never asks: stdin is no terminal."""
import boto3_session_cache

print(boto3_session_cache.client("sts").get_caller_identity()["Arn"])
