"""Every section of the files in argv as botocore's parser reads it (configloader.py, raw_config_parse), as a JSON list."""
import configparser
import json
import sys

found = []
for path in sys.argv[1:]:
    parser = configparser.RawConfigParser()
    with open(path, encoding="utf-8", newline=None) as file:
        parser.read_file(file)
    found.append({name: dict(parser.items(name)) for name in parser.sections()})
json.dump(found, sys.stdout)
