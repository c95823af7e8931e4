"""The embedded stack: a real broker and a real store on this machine, without Docker."""
