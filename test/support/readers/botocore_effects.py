"""
What botocore makes of shared files. On stdin a JSON object:

- homes: a list of {name, credentials, config} (paths). Gives for each its profiles, or the error that stops every call;
- profiles: names in the files of the environment. Gives for each how botocore gets credentials: the method's name, or the error.

Either botocore will do: its own package, or the one inside version 2 of the AWS CLI. Never asks: stdin is no terminal.
"""
import json
import os
import sys

try:
    import botocore.session as botocore_session
except ImportError:
    import awscli.botocore.session as botocore_session


def read_home(home):
    os.environ["AWS_SHARED_CREDENTIALS_FILE"] = home["credentials"]
    os.environ["AWS_CONFIG_FILE"] = home["config"]
    try:
        return {"profiles": botocore_session.Session().full_config["profiles"]}
    except Exception as error:
        return {"error": type(error).__name__}


LOADER = botocore_session.Session().get_component("data_loader")


def method_of(profile):
    try:
        session = botocore_session.Session(profile=profile)
        # What it has read of its own data once is not read again for every profile.
        session.register_component("data_loader", LOADER)
        credentials = session.get_credentials()
        if credentials is None:
            return {"method": "none"}
        if credentials.method == "assume-role":
            try:
                credentials.get_frozen_credentials()
            except EOFError:
                return {"method": "asks"}
            except Exception as error:
                # Nothing answers there, so this is as far as it gets; whatever else goes wrong goes wrong before.
                if type(error).__name__ != "EndpointConnectionError":
                    raise
        return {"method": credentials.method}
    except Exception as error:
        return {"error": type(error).__name__}


wanted = json.load(sys.stdin)
found = {
    "homes": {home["name"]: read_home(home) for home in wanted.get("homes", [])},
    "profiles": {profile: method_of(profile) for profile in wanted.get("profiles", [])},
}
json.dump(found, sys.stdout)
