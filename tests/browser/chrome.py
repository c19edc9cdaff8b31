# SPDX-License-Identifier: GPL-2.0-or-later
"""A headless Chromium driven over a pair of pipes, by its DevTools protocol."""

import base64
import json
import os
import shutil
import subprocess
import tempfile

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--hide-scrollbars", "--remote-debugging-pipe")


class Chrome:
    """One browser with one page. Collects what pages ask for and complain about."""

    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="qedscrub-chromium-")
        to_us, ours = os.pipe()
        theirs, to_them = os.pipe()

        def place_pipes():
            # The browser reads commands from 3 and answers on 4; both may be in the way.
            source, sink = os.dup(theirs), os.dup(ours)
            os.dup2(source, 3)
            os.dup2(sink, 4)

        self.process = subprocess.Popen(
            ["chromium", *FLAGS, "--user-data-dir=" + self.profile, "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            close_fds=False, preexec_fn=place_pipes)
        os.close(theirs)
        os.close(ours)
        self.commands = os.fdopen(to_them, "wb", buffering=0)
        self.answers = os.fdopen(to_us, "rb")
        self.number = 0
        self.session = None
        self.events = []
        self._attach()

    def _attach(self):
        pages = self.call("Target.getTargets")["targetInfos"]
        page = next(page["targetId"] for page in pages if page["type"] == "page")
        answer = self.call("Target.attachToTarget", targetId=page, flatten=True)
        self.session = answer["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.call(domain + ".enable")

    def _receive(self):
        text = bytearray()
        while True:
            byte = self.answers.read(1)
            if not byte:
                raise RuntimeError("Chromium went away")
            if byte == b"\0":
                return json.loads(text)
            text += byte

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        self.commands.write(json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError("%s: %s" % (method, answer["error"]))
                return answer["result"]
            self.events.append(answer)

    def wait_for(self, method):
        while not any(event.get("method") == method for event in self.events):
            self.events.append(self._receive())

    def open(self, path, width, scheme):
        """Opens a file; returns what it asked for and what was said on the console."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900,
                  deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.events = []
        self.call("Page.navigate", url="file://" + os.path.abspath(path))
        self.wait_for("Page.loadEventFired")
        self.evaluate("0")  # what was under way has arrived by then
        asked = [event["params"]["request"]["url"] for event in self.events
                 if event.get("method") == "Network.requestWillBeSent"]
        said = [event["params"] for event in self.events
                if event.get("method") in ("Log.entryAdded", "Runtime.consoleAPICalled",
                                           "Runtime.exceptionThrown")]
        return asked, said

    def evaluate(self, expression):
        return self.call("Runtime.evaluate", expression=expression,
                         returnByValue=True)["result"].get("value")

    def screenshot(self, path, height=None):
        """The whole page as PNG, or its upper part."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"],
                "height": min(size["height"], height or size["height"]), "scale": 1}
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("Page.captureScreenshot", clip=clip,
                                                  captureBeyondViewport=True)["data"]))

    def close(self):
        self.commands.close()
        self.process.terminate()
        self.process.wait()
        self.answers.close()
        shutil.rmtree(self.profile, ignore_errors=True)
