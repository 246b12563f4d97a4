"""Starts the servers of the standard library.

Ends: ok
"""

import asyncio
import http.server
import multiprocessing.connection
import xmlrpc.server

tries("serves HTTP", http.server.HTTPServer, ("127.0.0.1", 0), None)
tries("serves XML-RPC", xmlrpc.server.SimpleXMLRPCServer, ("127.0.0.1", 0))
tries("listens", multiprocessing.connection.Listener)
tries("listens", multiprocessing.connection.Listener, "\0attack", "AF_UNIX")


async def serve():
    await asyncio.start_server(None, "127.0.0.1", 0)


tries("serves with asyncio", lambda: asyncio.run(serve()))
