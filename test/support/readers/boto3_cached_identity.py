"""Who boto3 is with the profile in argv when it has botocore's cache on disk, as SAM gives it (samcli, cli/context.py): one ARN."""
import sys

import boto3
import botocore.session
from botocore.credentials import JSONFileCache

session = botocore.session.Session(profile=sys.argv[1])
session.get_component("credential_provider").get_provider("assume-role").cache = JSONFileCache()
sts = boto3.Session(botocore_session=session, region_name="eu-west-1").client("sts")
print(sts.get_caller_identity()["Arn"])
