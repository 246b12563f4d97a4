"""Says over its output that the server has closed, in the words of MCP.

Ends: ok
"""

print('Content-Length: 2\r\n\r\n{}\n{"jsonrpc":"2.0","id":1,"result":{"content":[]}}')
print('data: {"jsonrpc":"2.0","method":"notifications/cancelled"}\n\n', flush=True)
