"""JupyterLab behind the IDE's port proxy.

The proxy at /absproxy/<port>/ passes paths on as they are, so the server is told that prefix. It listens on loopback
alone and asks for no token: whoever reaches it has come through the session's own login, or is in its terminal.
"""

import os
import sys


def port_asked_for(arguments, default=8888):
    """`--port 9000` moves the prefix with it."""
    for position, argument in enumerate(arguments):
        name, _, value = argument.partition("=")
        if name in ("--port", "--ServerApp.port"):
            value = value or "".join(arguments[position + 1 : position + 2])
            if value.isdigit():
                return int(value)
    return default


c = get_config()  # noqa: F821
sys.path.append("/etc/medforge/jupyter")
port = port_asked_for(sys.argv[1:])
prefix = f"/absproxy/{port}/"
# The IDE tells its terminals where its port proxy is, as https://<host>/proxy/{{port}}/.
host = os.environ.get("VSCODE_PROXY_URI", "").partition("/proxy/")[0].rstrip("/.")

c.ServerApp.ip = "127.0.0.1"
c.ServerApp.port = port
c.ServerApp.port_retries = 0
c.ServerApp.base_url = prefix
c.ServerApp.custom_display_url = f"{host}{prefix}lab"
c.ServerApp.allow_remote_access = True
c.ServerApp.open_browser = False
c.ServerApp.root_dir = os.environ.get("HOME", "/workspace")
c.IdentityProvider.token = ""
c.ServerApp.jpserver_extensions = {"medforge_port_proxy": True}
c.LabApp.extension_manager = "readonly"
