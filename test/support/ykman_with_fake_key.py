"""Runs the ykman of this machine with keys that are not there: all of its own code above the calls to a key.

Which keys, as for scripted-ykman.mjs: the JSON file that YKMAN_WORLD names. Works with ykman 4; ends with 69 for another.
"""

import json
import os
import sys
import time

try:
    import ykman.cli.__main__ as main
    import ykman.cli.oath as oath
except ImportError:
    sys.exit(69)

from yubikit.core.smartcard import SW, ApduError
from yubikit.management import USB_INTERFACE
from yubikit.oath import OATH_TYPE, Code, Credential

place = os.environ["YKMAN_WORLD"]
with open(place) as file:
    world = json.load(file)
keys = world["keys"]


class Pid:
    """What is plugged in, in both of the senses that ykman has for it: a kind of device, and a device."""

    pid = None

    @staticmethod
    def get_interfaces():
        return USB_INTERFACE.CCID


class Connection:
    def __init__(self, key):
        self.key = key

    def close(self):
        pass


def connect_to_device(serial=None, connections=None):
    for key in keys:
        if serial is None or key["serial"] == serial:
            return Connection(key), Pid, None
    raise ValueError("YubiKey not found")


class Session:
    """A key's OATH application, as yubikit.oath.OathSession shows it."""

    version = (5, 4, 3)
    device_id = "fake"

    def __init__(self, connection):
        self.key = connection.key
        self.locked = "password" in self.key

    def derive_key(self, password):
        return password.encode()

    def validate(self, key):
        if key.decode() != self.key["password"]:
            raise ApduError(b"", SW.INCORRECT_PARAMETERS)

    def calculate_all(self):
        return {self.credential(label): None if account.get("touch") else self.code(account) for label, account in self.key["accounts"].items()}

    def calculate_code(self, credential):
        until = time.time() + world.get("touchMs", 15000) / 1000
        while not os.path.exists(place + ".touched"):
            if time.time() > until:
                raise ApduError(b"", SW.SECURITY_CONDITION_NOT_SATISFIED)
            time.sleep(0.02)
        return self.code(self.key["accounts"][credential.id.decode()])

    def credential(self, label):
        touch = self.key["accounts"][label].get("touch", False)
        return Credential(self.device_id, label.encode(), None, label, OATH_TYPE.TOTP, 30, touch)

    @staticmethod
    def code(account):
        return Code(account["code"], 0, 30)


main.scan_devices = lambda: ({Pid: len(keys)} if keys else {}, len(keys))
main.connect_to_device = connect_to_device
oath.OathSession = Session
sys.argv[0] = "ykman"
main.main()
