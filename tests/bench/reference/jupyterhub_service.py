"""What stands behind JupyterHub's proxy: tornado, as its own servers, asking the hub who comes and remembering the answer, as they do."""

import os

from jupyterhub.services.auth import HubAuthenticated
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.web import Application, RequestHandler, authenticated


class Small(HubAuthenticated, RequestHandler):
    @authenticated
    def get(self):
        self.set_header("content-type", "application/json")
        self.finish('{"ok":true}')


prefix = os.environ["JUPYTERHUB_SERVICE_PREFIX"]
HTTPServer(Application([(prefix + "small", Small)])).listen(9999, "127.0.0.1")
IOLoop.current().start()
