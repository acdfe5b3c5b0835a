"""Runs OpenStack Swift with its s3api on loopback until standard input ends. `swift.sh` is how to call it."""
import ctypes
import http.client
import logging
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

# One port on four loopback addresses, so that a single free port is all it needs.
HOSTS = {'proxy': '127.0.0.1', 'account': '127.0.0.2', 'container': '127.0.0.3', 'object': '127.0.0.4'}
FILTERS = ('catch_errors gatekeeper healthcheck proxy_logging memcache listing_formats bulk s3api tempauth copy slo'
           ' dlo versioned_writes symlink').split()


def serve(folder, name):
    """One of the four servers, as the package's own start scripts run it, but for two lines."""
    from swift.common import utils
    utils.set_swift_dir(folder)  # swift.conf is in our folder, not in /etc; comes before the modules that read it
    utils.ThreadSafeSysLogHandler = lambda **_: logging.NullHandler()  # the log goes to stderr, not to syslog
    from swift.common.wsgi import run_wsgi
    sys.exit(run_wsgi(f'{folder}/{name}.conf', f'{name}-server', verbose=True))


def run(folder):
    """Starts the four servers, prints the address, waits for the end of standard input, and ends them."""
    os.makedirs(f'{folder}/device', exist_ok=True)
    held = hold_port()
    port = held[0].getsockname()[1]
    write_configuration(folder, port)
    write_rings(folder, port)
    servers = {}
    try:
        for name in HOSTS:
            servers[name] = start(folder, name)
        for name, server in servers.items():
            await_answer(folder, name, server, port)
        print(f'http://127.0.0.1:{port}', flush=True)
        while os.read(0, 4096):
            pass
    except KeyboardInterrupt:
        pass
    finally:
        for server in servers.values():
            server.kill()  # these servers do no more than that on SIGTERM
            server.wait()


def hold_port():
    """A port that is free on all four addresses, kept so until the servers listen.

    On Linux a server may listen where another socket is bound with SO_REUSEADDR but does not listen itself.
    """
    for _ in range(100):
        held, port = [], 0
        try:
            for host in HOSTS.values():
                held.append(socket.socket())
                held[-1].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                held[-1].bind((host, port))
                port = held[0].getsockname()[1]
            return held
        except OSError:  # free on the first address, taken on another
            for each in held:
                each.close()
    sys.exit('swift: no port is free on all of ' + ', '.join(HOSTS.values()))


def write_configuration(folder, port):
    # Wide time-outs and no error limit: by default half a second without a connection is an error, and ten errors
    # make the proxy shun the only device for a minute. A loaded CI machine gets there.
    common = dict(bind_port=port, workers=0, swift_dir=folder, devices=folder, mount_check=False,
                  disable_fallocate=True, fallocate_reserve=0, conn_timeout=10, node_timeout=60,
                  container_update_timeout=60)
    options = {
        'proxy': dict(account_autocreate=True, error_suppression_limit=10 ** 9),
        'memcache': dict(memcache_servers=',', log_level='CRITICAL'),  # tempauth wants a cache: one without servers
        's3api': dict(location='us-east-1', max_upload_part_num=10000),  # as S3: by default Swift stops at 1,000
        'slo': dict(max_manifest_segments=10000, max_manifest_size=16 << 20, rate_limit_under_size=0),
        'tempauth': dict(user_test_tester='testing .admin'),
    }
    apps = {name: name for name in HOSTS} | {'object': object_server(folder)}
    write(folder, 'swift', {'swift-hash': dict(swift_hash_path_suffix='test')})
    for name, host in HOSTS.items():
        filters = FILTERS if name == 'proxy' else []
        write(folder, name, {
            'DEFAULT': common | {'bind_ip': host},
            'pipeline:main': {'pipeline': ' '.join([*filters, f'{name}-server'])},
            f'app:{name}-server': {'use': f'egg:swift#{apps[name]}'} | options.get(name, {}),
            **{f'filter:{each}': {'use': f'egg:swift#{each}'} | options.get(each, {}) for each in filters},
        })


def object_server(folder):
    """Swift keeps metadata in user xattrs; on a file system without them its in-memory server gives the same answers."""
    try:
        os.setxattr(f'{folder}/device', 'user.swift', b'1')
        return 'object'
    except OSError:
        return 'mem_object'


def write(folder, name, sections):
    with open(f'{folder}/{name}.conf', 'w') as file:
        for section, entries in sections.items():
            print(f'[{section}]', *(f'{key} = {value}' for key, value in entries.items()), sep='\n', file=file)


def write_rings(folder, port):
    """A ring says where things are kept: here, each kind once, on the only device."""
    from swift.common.ring import RingBuilder
    for name in ('account', 'container', 'object'):
        ring = RingBuilder(part_power=2, replicas=1, min_part_hours=0)
        at = dict(ip=HOSTS[name], port=port, replication_ip=HOSTS[name], replication_port=port)
        ring.add_dev(dict(id=0, region=1, zone=1, weight=1.0, device='device', meta='', **at))
        ring.rebalance()
        ring.get_ring().save(f'{folder}/{name}.ring.gz')


def start(folder, name):
    """A process of its own for each server: four of them forked from one lose connections under load, then hang."""
    with open(f'{folder}/{name}.log', 'a') as log:
        return subprocess.Popen([sys.executable, '-I', __file__, folder, name], cwd='/', stdin=subprocess.DEVNULL,
                                stdout=log, stderr=log, start_new_session=True, preexec_fn=die_with_parent)


def die_with_parent():
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def await_answer(folder, name, server, port):
    until = time.monotonic() + 120
    while True:
        if server.poll() is not None or time.monotonic() > until:
            with open(f'{folder}/{name}.log') as log:
                sys.exit(f'swift: the {name} server did not start. The end of its log:\n' + log.read()[-2000:])
        try:
            link = http.client.HTTPConnection(HOSTS[name], port, timeout=10)
            link.request('GET', '/healthcheck')
            link.getresponse().read()
            return
        except OSError:
            time.sleep(0.05)


if __name__ == '__main__':
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if len(sys.argv) == 3:
        serve(*sys.argv[1:])
    elif len(sys.argv) == 2:
        run(os.path.abspath(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory(prefix='swift-') as folder:
            run(folder)
