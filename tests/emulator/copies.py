"""The AWS emulator, put right, with more answers: a copy of itself as it is now, and a list of what an account has.

    POST /harness/copy      starts a copy with all that the accounts have; answers its port
    POST /harness/account   every object of the account of the given credentials, a line each
    POST /harness/end       ends this process

A copy costs a fork, where doing again what led to a state costs minutes. Prints its port when it listens, and ends
with its standard input, its copies with it.
"""

import ctypes
import gc
import json
import os
import queue
import signal
import socket
import sys
import threading

import account
import mends
from moto import mock_aws
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

PR_SET_PDEATHSIG = 1


class Emulator:
    """One process: the application, and the copies that its main thread is asked to make."""

    def __init__(self):
        self.backends = DomainDispatcherApplication(create_backend_app)
        self.backends.debug = True
        self.orders = queue.Queue()
        self.clients = {}

    def __call__(self, environ, start_response):
        path = environ["PATH_INFO"]
        if not path.startswith("/harness/"):
            return self.backends(environ, start_response)
        given = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        answer = getattr(self, path.rsplit("/", 1)[1])(given)
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(answer)))])
        return [answer]

    def copy(self, _given):
        """Has the main thread fork: a thread that forks and ends would take the copy with it."""
        done = queue.Queue()
        self.orders.put(done)
        return str(done.get()).encode()

    def account(self, given):
        """Asks this process itself, without a network between."""
        credentials = json.loads(given)
        return "\n".join([*account.lines(self.maker(credentials)), "end\n"]).encode()

    def maker(self, credentials):
        """Clients, made once for this process and its copies: to make one costs more than all of its calls."""
        def make(name):
            key = credentials["AWS_ACCESS_KEY_ID"], name
            if key not in self.clients:
                self.clients[key] = account.client(name, credentials)
            return self.clients[key]
        return make

    def end(self, _given):
        threading.Timer(0.05, os._exit, [0]).start()
        return b""

    def run(self, listener):
        server = make_server("127.0.0.1", 0, self, threaded=True, request_handler=MotoRequestHandler, fd=listener.fileno())
        threading.Thread(target=server.serve_forever, daemon=True).start()
        while True:
            done = self.orders.get()
            copied = listen()
            gc.freeze()
            if os.fork() == 0:
                ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
                listener.close()
                self.orders = queue.Queue()
                return copied
            done.put(copied.getsockname()[1])
            copied.close()


def listen():
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    return listener


def end_with_input():
    sys.stdin.read()
    os._exit(0)


def main():
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    # The clients of this process find its own accounts, and the accounts are not emptied.
    mock_aws().start(reset=False)
    mends.apply()
    threading.Thread(target=end_with_input, daemon=True).start()
    emulator = Emulator()
    listener = listen()
    print(listener.getsockname()[1], flush=True)
    sys.stderr = open(os.devnull, "w")
    # A copy leaves the loop of its origin, and begins its own.
    while True:
        listener = emulator.run(listener)


if __name__ == "__main__":
    main()
