#!/usr/bin/env bash
# A real proxy for the tests, on loopback: Debian's or Ubuntu's squid, with names of its own that nobody else can look up.
#
#   squid.sh install              installs it with apt, as root or through sudo; does nothing where it is installed already
#   squid.sh installed            ends with 0 where it is installed, with 1 where it is not
#   squid.sh run DIR [USER:PASS]  starts one on a free port, prints its address once it answers, and ends it when standard
#                                 input ends (Ctrl-D), so that none outlives the test that started it; DIR/access.log has
#                                 a line for each tunnel that has ended: `CONNECT host:port status`
#
# api.scenario.test, bucket.scenario.test and barred.scenario.test lead to this machine, and to the last nobody may go.
# Where the installation starts a squid as a service, that one is not used. Several run side by side.
set -euo pipefail
PATH=$PATH:/usr/sbin

installed() { command -v squid >/dev/null; }

install() {
  local root=()
  [ "$(id -u)" = 0 ] || root=(sudo)
  "${root[@]}" apt-get -qq -o DPkg::Lock::Timeout=300 update
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq -o DPkg::Lock::Timeout=300 install --no-install-recommends squid
}

configure() { # DIR PORT [USER:PASS]
  echo '127.0.0.1 api.scenario.test bucket.scenario.test barred.scenario.test' >"$1/hosts"
  cat <<END
http_port 127.0.0.1:$2
hosts_file $1/hosts
dns_nameservers 127.0.0.1
connect_timeout 1 second
shutdown_lifetime 0 seconds
pid_filename none
cache_log /dev/null
cache deny all
logformat brief %>rm %>ru %>Hs
access_log stdio:$1/access.log brief
acl barred dstdomain barred.scenario.test
http_access deny barred
END
  if [ $# = 3 ]; then
    printf '%s:%s\n' "${3%%:*}" "$(openssl passwd -apr1 "${3#*:}")" >"$1/passwords"
    echo "auth_param basic program /usr/lib/squid/basic_ncsa_auth $1/passwords"
    echo 'acl known proxy_auth REQUIRED'
    echo 'http_access allow known'
  else
    echo 'http_access allow all'
  fi
  echo 'http_access deny all'
}

# A port of those that no system gives to a server or connection that asks for any: nobody else answers there, nor takes it
# once this one is gone.
# Started by root, it goes on as a user that has no rights on the folder but everybody's.
run() { # DIR [USER:PASS]
  local port pid
  chmod a+rwx "$1"
  for port in $(shuf -i 20000-32000 -n 5); do
    configure "$1" "$port" "${@:2}" >"$1/squid.conf"
    squid -N -f "$1/squid.conf" </dev/null >&2 &
    pid=$!
    while kill -0 "$pid" 2>/dev/null; do
      if (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
        echo "http://127.0.0.1:$port"
        cat >/dev/null
        kill "$pid"
        wait "$pid" || : # whatever it calls that
        return
      fi
      sleep 0.05
    done
  done
  return 1
}

case "${1-} $#" in
  'install 1') installed || install ;;
  'installed 1') installed ;;
  'run 2' | 'run 3') run "${@:2}" ;;
  *) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2 && exit 2 ;;
esac
