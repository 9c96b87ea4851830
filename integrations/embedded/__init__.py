"""The servers and processes that `njia up` starts itself, and the watch over them."""
