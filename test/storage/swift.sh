#!/usr/bin/env bash
# A real S3 for the tests, on loopback: OpenStack Swift with its s3api, from Debian's or Ubuntu's python3-swift.
#
#   swift.sh install      installs it with apt, as root or through sudo; does nothing where it is installed already
#   swift.sh installed    ends with 0 where it is installed, with 1 where it is not
#   swift.sh run [DIR]    starts one on a free port, prints its address once it answers, and ends it when standard
#                         input ends (Ctrl-D), so that no engine outlives the test that started it; data and logs
#                         stay in DIR where one is given, else they go with the engine
#
# Region us-east-1, path-style addresses, key "test:tester", secret "testing". Several run side by side.
set -euo pipefail
# The system's own Python, which the package is for; -I keeps out what PYTHONPATH or the current folder would mix in.
python=(/usr/bin/python3 -I)

installed() { "${python[@]}" -c 'import swift.common.middleware.s3api.s3api' 2>/dev/null; }

# python3-swift is all of the servers as a library. The packages named after each server would add services only, so
# they are left out: nothing is started by the installation, and nothing is written to /etc.
install() {
  local root=()
  [ "$(id -u)" = 0 ] || root=(sudo)
  "${root[@]}" apt-get -qq -o DPkg::Lock::Timeout=300 update
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq -o DPkg::Lock::Timeout=300 install --no-install-recommends python3-swift
}

case "${1-} $#" in
  'install 1') installed || install ;;
  'installed 1') installed ;;
  'run 1' | 'run 2') exec "${python[@]}" "$(dirname "${BASH_SOURCE[0]}")/engine.py" "${@:2}" ;;
  *) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2 && exit 2 ;;
esac
