"""JupyterHub with one service behind its proxy, for `./medforge bench edge`. Everything else is as it comes."""

import os

c = get_config()  # noqa: F821
TOKEN = os.environ["BENCH_TOKEN"]

c.JupyterHub.bind_url = "https://:8000"
c.JupyterHub.ssl_key = "/tls/key.pem"
c.JupyterHub.ssl_cert = "/tls/cert.pem"
c.JupyterHub.db_url = "sqlite:////tmp/jupyterhub.sqlite"
c.JupyterHub.cookie_secret_file = "/tmp/jupyterhub_cookie_secret"
c.JupyterHub.pid_file = "/tmp/jupyterhub.pid"
c.JupyterHub.log_level = "WARN"
c.ConfigurableHTTPProxy.pid_file = "/tmp/jupyterhub-proxy.pid"
c.ConfigurableHTTPProxy.command = [
    "node",
    "/chp/node_modules/configurable-http-proxy/bin/configurable-http-proxy",
    "--log-level",
    "warn",
]
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allowed_users = {"bench"}
c.JupyterHub.api_tokens = {TOKEN: "bench"}
c.JupyterHub.load_roles = [
    {"name": "visitor", "users": ["bench"], "scopes": ["self", "access:services"]}
]
c.JupyterHub.services = [
    {
        "name": "small",
        "url": "http://127.0.0.1:9999",
        "command": ["python3", "/bench/jupyterhub_service.py"],
    }
]
