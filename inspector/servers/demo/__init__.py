"""The bundled demo server: a small MCP server on this machine that shows everything an inspector can show."""

from inspector.servers.demo.server import DemoServer, serve_demo

__all__ = ["DemoServer", "serve_demo"]
