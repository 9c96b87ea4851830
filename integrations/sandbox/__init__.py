"""The sandbox: one process that plays every outside service over the real wire, remembers what it did, and breaks on
request. It keeps everything in memory and serves the loopback address only."""
