"""The inputs of a session: the video and the box stream, from files, a NOVA database, an address or the request."""
