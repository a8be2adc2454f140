#!/usr/bin/env bash
# Node.js and npm for the checks of the JavaScript: from apt where root may and they are missing.
set -euo pipefail
if command -v node >/dev/null && command -v npm >/dev/null; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends nodejs npm
else
    echo 'The checks of the JavaScript need Node.js 18 or newer with npm (Debian: sudo apt-get install nodejs npm)' >&2
    exit 1
fi
