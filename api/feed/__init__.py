"""Events for case systems: by cursor, server-sent, by webhook."""
