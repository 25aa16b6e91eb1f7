"""Sends whoever opens the server's root to JupyterLab's true address.

The IDE's list of ports opens /proxy/<port>/, which reaches this server as /. JupyterLab works below /absproxy/<port>/ only.
"""

from tornado.web import RequestHandler

PAGE = '<!doctype html><title>JupyterLab</title><meta http-equiv="refresh" content="0; url={url}">'


class RootHandler(RequestHandler):
    """Answers with a page, because the port proxy would put its own prefix before a Location header."""

    def get(self):
        self.write(PAGE.format(url=self.settings["base_url"] + "lab"))


def _load_jupyter_server_extension(server):
    server.web_app.add_handlers(".*$", [("/", RootHandler)])
