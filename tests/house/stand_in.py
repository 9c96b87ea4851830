"""A clinic of nothing but its house: real servers and supervision; a worker, an API and a sandbox that do no work.

`stand_in.py up [PART...]` is `njia up --without PART...`; `stand_in.py worker`, `api` and `sandbox` are its processes.
"""

import asyncio
import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class Healthy(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path in ("/healthz", "/_sandbox") else 404)
        self.end_headers()


def main(command: str, *rest: str) -> None:
    if command == "up":
        from tests.house.stand_in_house import up

        up(list(rest))
    elif command == "worker":
        from tests.house.stand_in_worker import work

        asyncio.run(work())
    else:
        port = "NJIA_SANDBOX_PORT" if command == "sandbox" else "NJIA_PORT"
        HTTPServer(("127.0.0.1", int(os.environ[port])), Healthy).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
