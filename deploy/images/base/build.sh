#!/usr/bin/env bash
# Makes the root file system that every image starts from: a minimal Debian 13 with HTTPS certificates and curl.
# usage: build.sh <output.tar>
#
# Only Debian's archive is used, and apt checks its signature. Debian 12's keyring has the trixie keys; an older keyring
# with the bookworm keys is enough too, because trixie's Release file carries both signatures.
set -euo pipefail

output=${1:?usage: build.sh <output.tar>}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
SOURCE_DATE_EPOCH=$(date -u -d "$(cat "$here/../epoch")" +%s)
export SOURCE_DATE_EPOCH

keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -r "$keyring" ] || { echo "E: $keyring is missing: apt-get install debian-archive-keyring" >&2; exit 1; }

exec mmdebstrap --variant=minbase --keyring="$keyring" \
  --include=ca-certificates,curl \
  --dpkgopt=force-unsafe-io \
  --dpkgopt='path-exclude=/usr/share/doc/*' \
  --dpkgopt='path-include=/usr/share/doc/*/copyright' \
  --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/info/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' \
  --dpkgopt='path-exclude=/usr/share/lintian/*' \
  --aptopt='APT::Install-Recommends "false"' \
  --aptopt='Acquire::Retries "3"' \
  --aptopt='Acquire::Languages "none"' \
  trixie "$output" \
  'deb http://deb.debian.org/debian trixie main' \
  'deb http://deb.debian.org/debian trixie-updates main' \
  'deb http://deb.debian.org/debian-security trixie-security main'
