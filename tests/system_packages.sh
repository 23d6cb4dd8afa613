#!/bin/sh
# Debian packages that some tests need: installed where this may be done, otherwise those tests are skipped and
# say why. Never fails the run.
#   postgresql   the store's tests run on it too (tests/postgresql_server.py starts a server of its own)
#   chromium     looks at rendered pages
#   libpango     weasyprint draws printable documents with it

missing=""
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null 2>&1 || missing="$missing postgresql"
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
ldconfig -p 2>/dev/null | grep -q libpangoft2-1.0 || missing="$missing libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
[ -z "$missing" ] && exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "tests: not here:$missing; tests that need them are skipped" >&2
    exit 0
fi

echo "tests: installing$missing" >&2
export DEBIAN_FRONTEND=noninteractive
# A package's own start script may start a server: the tests start theirs, so it is kept from that.
policy=/usr/sbin/policy-rc.d
[ -e "$policy" ] || { made=1; printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy"; }
for package in $missing; do
    apt-get install -y -qq --no-install-recommends "$package" >/dev/null 2>&1 ||
        { [ -n "$updated" ] || { updated=1; apt-get update -qq >/dev/null 2>&1; }
          apt-get install -y -qq --no-install-recommends "$package" >/dev/null 2>&1; } ||
        echo "tests: $package could not be installed; tests that need it are skipped" >&2
done
[ -z "$made" ] || rm -f "$policy"
exit 0
