#!/bin/sh
# Installs awsmfa: downloads the executable for this machine, checks its SHA-256, and puts it into ~/.local/bin.
#
#   AWSMFA_INSTALL_URL  where the release is; also a file:// address, to install without a network
#   AWSMFA_INSTALL_DIR  the folder to install to, by default ~/.local/bin
#
# It does not use sudo, and changes nothing but the file 'awsmfa' in that folder.
set -eu

fail() { # message [hint]
  printf 'install.sh: error: %s\n' "$1" >&2
  [ $# -lt 2 ] || printf 'install.sh: hint: %s\n' "$2" >&2
  exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

# Prints the name of the release for this machine, such as linux-x64-musl.
find_target() {
  system=$(uname -s) machine=$(uname -m) libc=
  case $machine in
    x86_64 | amd64) cpu=x64 ;;
    aarch64 | arm64) cpu=arm64 ;;
    *) cpu= ;;
  esac
  case $system in
    Linux)
      os=linux
      [ ! -e /etc/alpine-release ] || libc=-musl
      for loader in /lib/ld-musl-*.so.1; do
        [ ! -e "$loader" ] || [ -e /lib64/ld-linux-x86-64.so.2 ] || [ -e /lib/ld-linux-aarch64.so.1 ] || libc=-musl
      done
      ;;
    Darwin)
      os=darwin
      # A shell that Rosetta translates says x86_64.
      [ "$(sysctl -n sysctl.proc_translated 2>/dev/null || :)" != 1 ] || cpu=arm64
      ;;
    *) os= ;;
  esac
  if [ -z "$os" ] || [ -z "$cpu" ]; then
    fail "there is no executable for $system on $machine" 'the npm package runs wherever Node 20.19 or later does'
  fi
  printf '%s' "$os-$cpu$libc"
}

fetch() { # url file
  case $1 in
    file://*) cp "${1#file://}" "$2" ;;
    # TLS is what protects SHA256SUMS: a redirect may not leave it.
    *)
      if has curl; then
        curl -fsSL --proto-redir "=https,${1%%:*}" --retry 2 -o "$2" "$1"
      else
        wget -q -O "$2" "$1"
      fi
      ;;
  esac || fail "cannot download $1"
}

sha256() { # file
  if has sha256sum; then sha256sum "$1"; elif has shasum; then shasum -a 256 "$1"; else openssl dgst -sha256 -r "$1"; fi |
    cut -d ' ' -f 1
}

# What every awsmfa contains, and hardly another program of that name.
is_awsmfa() { grep -aq 'awsmfa: error:' "$1" 2>/dev/null; }

main() {
  url=${AWSMFA_INSTALL_URL:-@RELEASE_URL@}
  folder=${AWSMFA_INSTALL_DIR:-${HOME:?}/.local/bin}
  case $folder in /*) ;; *) folder=$PWD/$folder ;; esac
  case $url in
    @*) fail 'no address to install from' 'set AWSMFA_INSTALL_URL to the address of a release' ;;
    file://*) ;;
    *) has curl || has wget || fail 'neither curl nor wget is installed' ;;
  esac
  has sha256sum || has shasum || has openssl || fail 'no program that computes SHA-256: sha256sum, shasum or openssl'
  program=$folder/awsmfa
  if [ -e "$program" ] || [ -L "$program" ]; then
    is_awsmfa "$program" ||
      fail "$program is another program; nothing was changed" 'set AWSMFA_INSTALL_DIR to another folder'
  fi
  target=$(find_target)
  archive=awsmfa-$target.tar.gz

  work='' staged=$folder/.awsmfa-install-$$
  trap 'rm -rf "$work"; rm -f "$staged"' EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  work=$(mktemp -d)
  fetch "$url/SHA256SUMS" "$work/SHA256SUMS"
  wanted=$(sed -n "s/^\([0-9a-f]\{64\}\) [ *]$archive\$/\1/p" "$work/SHA256SUMS")
  [ -n "$wanted" ] || fail "the release has no $archive"
  fetch "$url/$archive" "$work/$archive"
  [ "$(sha256 "$work/$archive")" = "$wanted" ] ||
    fail "$archive does not have the SHA-256 in SHA256SUMS; nothing was changed" \
      'the download is damaged or was tampered with: try again, or from another network'

  tar -xzf "$work/$archive" -C "$work"
  { mkdir -p "$folder" && cp "$work/awsmfa-$target/awsmfa" "$staged"; } 2>/dev/null ||
    fail "cannot write to $folder" 'set AWSMFA_INSTALL_DIR to a folder that you can write to'
  chmod 755 "$staged"
  # It is tried where it will be: a file system may forbid to run programs, and a system may lack a library.
  version=$("$staged" --version 2>"$work/reason") || {
    hint="if $folder is on a file system mounted with noexec, set AWSMFA_INSTALL_DIR to another folder"
    case $target in *-musl) hint='on Alpine Linux: apk add libstdc++ libgcc' ;; esac
    fail "the executable does not run in $folder: $(head -n 1 "$work/reason")" "$hint"
  }
  mv -f "$staged" "$program"
  printf 'awsmfa %s is installed: %s\n' "$version" "$program"

  case :$PATH: in
    *:"$folder":*)
      found=$(command -v awsmfa || :)
      [ "$found" = "$program" ] || [ -z "$found" ] ||
        printf 'Your shell finds another one first: %s\n' "$found"
      ;;
    *) printf 'To find it, add this line to the startup file of your shell:\n  export PATH="%s:%sPATH"\n' "$folder" '$' ;;
  esac
}

main
