"""A clinic of nothing but its house: the real servers and supervision, with a worker and an API that do no work.

`stand_in.py up [PART...]` is `njia up --without PART...`; `stand_in.py worker` and `stand_in.py api` are its processes.
"""

import asyncio
import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class Healthy(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/healthz" else 404)
        self.end_headers()


def main(command: str, *rest: str) -> None:
    if command == "up":
        from tests.house.stand_in_house import up

        up(list(rest))
    elif command == "worker":
        from tests.house.stand_in_worker import work

        asyncio.run(work())
    else:
        HTTPServer(("127.0.0.1", int(os.environ["NJIA_PORT"])), Healthy).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
