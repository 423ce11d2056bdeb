"""CNL204: which exhausted retries lose their last failure. The silent ones come first."""

from __future__ import annotations

import pytest

from connlint.engine import Selection, check

IMPORTS = """\
import asyncio, contextlib, itertools, queue, random, select, socket, threading, time, urllib.request
import aiohttp, httpx, redis, requests
"""

SILENT = {
    "names-emit-reports": """
import requests, time
class W:
    def run(self):
        for i in range(3):
            try:
                requests.post(self.url)
                break
            except requests.ConnectionError as e:
                self.failed.emit(e)
                time.sleep(2**i)
        self.finish()
""",
    "names-raise_for-in-handler": """
import requests, time
class W:
    def run(self):
        for i in range(3):
            try:
                r = requests.post(self.url)
                break
            except requests.ConnectionError as e:
                self.raise_if_last(i, e)
                time.sleep(2**i)
        return r
""",
    "named-raise-helper-after-tries": """
import time
from redis import exceptions
from . import utils

def run(func, n):
    while n:
        try:
            return func()
        except exceptions.ConnectionError as e:
            n -= 1
            if not n:
                utils.raise_with_cause(RuntimeError, e)
            time.sleep(1)
""",
    "named-passed-over-but-logged": """
import time
import requests

def sync(urls):
    for url in urls:
        for attempt in range(3):
            try:
                requests.post(url, timeout=3)
                break
            except requests.exceptions.ConnectionError as e:
                print("attempt failed", url, e)
                time.sleep(2**attempt)
""",
    "named-collected": """
import time
import requests

def sync(urls):
    found = []
    for url in urls:
        for attempt in range(3):
            try:
                found.append(requests.get(url, timeout=3))
                break
            except requests.exceptions.ConnectionError as e:
                time.sleep(2**attempt)
    return found
""",
    "named-periodic": """
import time
import requests

def beat(url):
    while True:
        for attempt in range(3):
            try:
                requests.post(url, timeout=3)
                break
            except requests.exceptions.ConnectionError as e:
                time.sleep(2**attempt)
        time.sleep(60)
""",
    "return-preinit-none": """
def f(u):
    r = None
    for attempt in range(5):
        try:
            r = requests.get(u)
            break
        except requests.ConnectionError:
            time.sleep(2 ** attempt)
    return r
""",
    "if-result": """
def f(u):
    r = None
    for attempt in range(5):
        try:
            r = requests.get(u)
            break
        except requests.ConnectionError:
            time.sleep(2 ** attempt)
    if r is None:
        print("x")
""",
    "last-error": """
def f(u):
    for attempt in range(5):
        try:
            return requests.get(u)
        except requests.ConnectionError as e:
            error = e
            time.sleep(2 ** attempt)
    raise error
""",
    "sys-exit": """
import sys
for attempt in range(5):
    try:
        r = requests.get("http://x")
        break
    except requests.ConnectionError:
        time.sleep(2 ** attempt)
else:
    sys.exit("no")
print(r)
""",
    "exit-after": """
import sys
def main():
    for attempt in range(5):
        try:
            requests.get("http://x")
            return
        except requests.ConnectionError:
            time.sleep(2 ** attempt)
    sys.exit(1)
""",
    "attr-result": """
class C:
    def connect(self):
        for attempt in range(5):
            try:
                self.sock = socket.create_connection(self.a)
                return
            except OSError:
                time.sleep(2 ** attempt)
""",
    "implicit-none-callers-test": """
def f(u):
    for attempt in range(5):
        try:
            return requests.get(u).json()
        except requests.ConnectionError:
            time.sleep(2 ** attempt)
def g():
    data = f("x")
    if data is None:
        print("x")
""",
    "outer-loop": """
def f(urls):
    for u in urls:
        for attempt in range(5):
            try:
                print(requests.get(u))
                break
            except requests.ConnectionError:
                time.sleep(2 ** attempt)
""",
    "handler-last-logs": """
def f(u, log):
    for attempt in range(5):
        try:
            return requests.get(u)
        except requests.ConnectionError:
            if attempt == 4:
                log.error("gave up")
            time.sleep(2 ** attempt)
""",
    "while-else": """
def f(u):
    n = 0
    while n < 5:
        try:
            r = requests.get(u)
            break
        except requests.ConnectionError:
            n += 1
            time.sleep(n)
    else:
        return None
    print(r.text)
""",
    "counter-tested-after": """
def f(u):
    n = 0
    while n < 5:
        try:
            r = requests.get(u)
            break
        except requests.ConnectionError:
            n += 1
            time.sleep(n)
    if n == 5:
        raise RuntimeError
    print(r.text)
""",
    "appends-errors": """
def f(u, errors):
    for _ in range(4):
        try:
            requests.post(u)
            return
        except requests.ConnectionError as e:
            errors.append(e)
            time.sleep(1)
""",
    "logs-each-as-error": """
def f(u, log):
    for _ in range(4):
        try:
            requests.post(u)
            break
        except requests.ConnectionError:
            log.exception("not posted")
            time.sleep(1)
""",
    "returns-true": """
def f(u):
    for _ in range(4):
        try:
            requests.post(u)
            return True
        except requests.ConnectionError:
            time.sleep(1)
""",
    "pytest-fail": """
import pytest
def test_f(u):
    for _ in range(4):
        try:
            requests.post(u)
            break
        except requests.ConnectionError:
            time.sleep(1)
    else:
        pytest.fail("no server")
""",
    "default-result": """
def f(u):
    data = {}
    for _ in range(4):
        try:
            data = requests.get(u).json()
            break
        except requests.ConnectionError:
            time.sleep(1)
    use(data)
""",
    "global": """
conn = None
def f(a):
    global conn
    for _ in range(4):
        try:
            conn = socket.create_connection(a)
            break
        except OSError:
            time.sleep(1)
""",
    "assert": """
def f(u):
    r = None
    for _ in range(4):
        try:
            r = requests.get(u)
            break
        except requests.ConnectionError:
            time.sleep(1)
    assert r is not None
    return r.text
""",
    "handler-keeps-error-and-reports": """
def f(u, hub):
    for _ in range(4):
        try:
            requests.post(u)
            return
        except requests.ConnectionError as e:
            last = e
            time.sleep(1)
    hub.emit(last)
""",
    "none-in-handler-return": """
def f(u):
    for _ in range(4):
        try:
            r = requests.get(u)
            break
        except requests.ConnectionError as e:
            r = None
            time.sleep(1)
    return r
""",
}

BAD = {
    "names-closes-and-carries-on": """
import requests, time
class W:
    def run(self):
        for i in range(3):
            try:
                r = requests.post(self.url)
                break
            except requests.ConnectionError as e:
                self.close_session()
                time.sleep(2**i)
        return r.text
""",
    "named-imap-abort-style": """
import imaplib, socket, time

class B:
    def put(self, name, body):
        left = 20
        while left > 0:
            try:
                self.conn.select(name)
                self.conn.append(name, None, None, body)
                break
            except (imaplib.IMAP4.abort, socket.error):
                left -= 1
                time.sleep(30)
        print("stored")
""",
    "flag-loop": """
def f(u):
    ok = False
    n = 0
    while not ok and n < 5:
        n += 1
        try:
            r = requests.get(u)
            ok = True
        except requests.ConnectionError:
            ok = False
    return r
""",
    "module-swallow": """
for attempt in range(5):
    try:
        conn = connect()
        break
    except ConnectionError:
        time.sleep(2 ** attempt)
""",
    "return-unbound": """
def f(u):
    for attempt in range(5):
        try:
            r = requests.get(u)
            break
        except requests.ConnectionError:
            time.sleep(2 ** attempt)
    return r
""",
    "return-json-of-unbound": """
def f(u):
    for attempt in range(5):
        try:
            r = requests.get(u)
            break
        except requests.ConnectionError as e:
            print(e)
            time.sleep(2 ** attempt)
    data = r.json()
    return data
""",
    "implicit-none": """
def f(u):
    for attempt in range(5):
        try:
            return requests.get(u).json()
        except requests.ConnectionError:
            time.sleep(2 ** attempt)
""",
    "handler-guarded-sleep": """
def f(u):
    for attempt in range(5):
        try:
            return requests.get(u).json()
        except requests.ConnectionError:
            if attempt != 4:
                time.sleep(2 ** attempt)
""",
    "while-counter": """
def f(u):
    n = 0
    while n < 5:
        try:
            r = requests.get(u)
            break
        except requests.ConnectionError:
            n += 1
            time.sleep(n)
    print(r.text)
""",
    "break-on-last-unflagged": """
def f(u):
    n = 0
    while True:
        try:
            r = requests.get(u)
            break
        except requests.ConnectionError:
            n += 1
            if n > 5:
                break
            time.sleep(n)
    print(r.text)
""",
    "side-effect-only": """
def f(u):
    for _ in range(4):
        try:
            requests.post(u)
            break
        except requests.ConnectionError:
            time.sleep(1)
""",
    "start-bound-at-top": """
def f(u):
    for _ in range(4):
        start = time.time()
        try:
            r = requests.get(u)
            break
        except requests.ConnectionError as e:
            time.sleep(1)
    print(time.time() - start)
    print(r.text)
""",
    "none-in-handler-used": """
def f(u):
    for _ in range(4):
        try:
            r = requests.get(u)
            break
        except requests.ConnectionError as e:
            r = None
            time.sleep(1)
    return r.json()
""",
    "return-in-with": """
def f(u, lock):
    with lock:
        for _ in range(4):
            try:
                r = requests.get(u)
                break
            except requests.ConnectionError as e:
                time.sleep(1)
    return r.text
""",
    "try-around": """
def f(u):
    try:
        for _ in range(4):
            try:
                r = requests.get(u)
                break
            except requests.ConnectionError as e:
                time.sleep(1)
        return r.text
    except NameError:
        return None
""",
}


def reported(code: str) -> list[str]:
    found = check((IMPORTS + code).encode(), "example.py", Selection(select=("CNL204",)))
    assert found.problems == ()
    return [item.code for item in found.diagnostics]


@pytest.mark.parametrize("code", SILENT.values(), ids=SILENT.keys())
def test_silent(code: str) -> None:
    assert reported(code) == []


@pytest.mark.parametrize("code", BAD.values(), ids=BAD.keys())
def test_reported_once(code: str) -> None:
    assert reported(code) == ["CNL204"]
