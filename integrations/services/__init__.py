"""The services outside the clinic: for each a port (`Protocol`), a real client, and its counterpart in the sandbox."""
