#!/usr/bin/env bash
# Chromium for the browser tests: nothing to do where there is one; on Debian and its kin, root gets it from apt.
set -euo pipefail
for name in "${PHOTOPLANET_CHROMIUM:-}" chromium chromium-browser google-chrome; do
    if [ -n "$name" ] && command -v "$name" >/dev/null; then exit 0; fi
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium
else
    echo 'The browser tests need Chromium: install it (Debian: sudo apt-get install chromium), or name one in PHOTOPLANET_CHROMIUM' >&2
    exit 1
fi
