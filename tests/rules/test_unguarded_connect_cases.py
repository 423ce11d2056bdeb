"""Programs that CNL301 reports, and others that look alike and are fine."""

from __future__ import annotations

from textwrap import dedent

import pytest

from connlint.engine import Selection, check

HEAD = (
    "import asyncio, contextlib, functools, ftplib, logging, paramiko, smtplib, socket, ssl, sys, threading\n"
    "log = logging.getLogger()\n"
)

FINE = {
    "sibling-passes": """
        def f(t, a):
            s = socket.socket()
            if t:
                try:
                    s.connect(a)
                except OSError:
                    s.close()
                    raise
            else:
                s.connect(a)
            return s
    """,
    "sibling-fallback": """
        def f(t, a, b):
            if t:
                try:
                    return socket.create_connection(a)
                except OSError:
                    return socket.create_connection(b)
            else:
                return socket.create_connection(b)
    """,
    "sibling-outer-guard": """
        def f(t, a):
            s = socket.socket()
            try:
                if t:
                    try:
                        s.connect(a)
                    except OSError as e:
                        raise ValueError from e
                else:
                    s.connect(a)
            except OSError:
                return None
            return s
    """,
    "sibling-narrow": """
        def f(t, a):
            s = socket.socket(socket.AF_UNIX)
            if t:
                try:
                    s.connect(a)
                except FileNotFoundError:
                    return None
            else:
                s.connect(a)
            return s
    """,
    "not-siblings": """
        def f(t, a):
            if t:
                try:
                    socket.create_connection(a).close()
                except OSError:
                    print('proxy down')
            return socket.create_connection(a)
    """,
    "above-reset": """
        def f(a):
            s = socket.create_connection(a)
            try:
                s.sendall(b'x')
            except ConnectionError:
                print('lost the connection')
                return None
            return s
    """,
    "above-connecting-try": """
        def f(a, b):
            s = socket.create_connection(a)
            try:
                t = socket.create_connection(b)
            except ConnectionRefusedError:
                return None
            return s, t
    """,
    "above-opaque-connect": """
        def f(a, x):
            s = socket.create_connection(a)
            try:
                x.connect(s)
            except ConnectionRefusedError:
                return None
            return s
    """,
    "above-far": """
        def f(a):
            s = socket.create_connection(a)
            data = prepare()
            try:
                s.sendall(data)
            except ConnectionRefusedError:
                return None
    """,
    "above-guarded": """
        def f(a):
            try:
                s = socket.create_connection(a)
            except OSError:
                return None
            try:
                s.sendall(b'x')
            except ConnectionRefusedError:
                return None
    """,
    "lib": """
        def ping(a):
            s = socket.create_connection(a)
            s.close()
    """,
    "lib-method": """
        class C:
            def ping(self):
                s = socket.create_connection(self.a)
                s.close()
    """,
    "async-with-tg": """
        async def w():
            await asyncio.open_connection('h',1)
        async def main():
            async with asyncio.TaskGroup() as tg:
                tg.create_task(w())
        asyncio.run(main())
    """,
    "task-kept-self": """
        class C:
            async def w(self):
                await asyncio.open_connection('h',1)
            def go(self):
                self.t = asyncio.create_task(self.w())
    """,
    "return-coro": """
        def opening():
            return asyncio.open_connection('h',1)
    """,
    "wait-tasks": """
        async def w():
            await asyncio.open_connection('h',1)
        async def main():
            t = asyncio.create_task(w())
            done, _ = await asyncio.wait([t])
            print(done)
        asyncio.run(main())
    """,
    "task-exception": """
        async def w():
            await asyncio.open_connection('h',1)
        async def main():
            t = asyncio.create_task(w())
            await asyncio.sleep(1)
            if t.exception():
                print('x')
        asyncio.run(main())
    """,
    "gather-ret": """
        async def w():
            await asyncio.open_connection('h',1)
        async def main():
            ts=[w() for _ in range(3)]
            print(await asyncio.gather(*ts, return_exceptions=True))
        asyncio.run(main())
    """,
    "excepthook": """
        def hook(*a):
            print(a)
        sys.excepthook = hook
        s = socket.create_connection(('h',1))
    """,
    "all-errors": """
        try:
            f = ftplib.FTP('h')
        except ftplib.all_errors as e:
            print(e)
    """,
    "bare": """
        try:
            f = ftplib.FTP('h')
        except:
            print('x')
    """,
    "thread-guarded": """
        def w():
            try:
                s = socket.create_connection(('h',1))
            except OSError as e:
                log.error(e)
                return
            s.close()
        threading.Thread(target=w).start()
    """,
    "thread-wrapper": """
        def guard(f):
            try:
                f()
            except Exception:
                log.exception('x')
        def w():
            socket.create_connection(('h',1)).close()
        threading.Thread(target=guard, args=(w,)).start()
    """,
    "stack": """
        with contextlib.ExitStack() as st:
            st.enter_context(contextlib.suppress(OSError))
            s = socket.create_connection(('h',1))
    """,
    "stack-push": """
        with contextlib.ExitStack() as st:
            st.push(lambda *e: True)
            s = socket.create_connection(('h',1))
    """,
    "unknown-cm": """
        from sentry import guard
        with guard():
            s = socket.create_connection(('h',1))
    """,
    "unknown-deco": """
        import typer
        app = typer.Typer()
        @app.command()
        def main():
            socket.create_connection(('h',1)).close()
        if __name__ == '__main__':
            app()
    """,
    "exc-class-unknown": """
        from errs import NET_ERRORS
        try:
            s = socket.create_connection(('h',1))
        except NET_ERRORS:
            pass
    """,
    "dgram": """
        s = socket.socket(type=socket.SOCK_DGRAM)
        s.connect(('8.8.8.8', 80))
        print(s.getsockname())
    """,
    "ex": """
        s = socket.socket()
        if s.connect_ex(('h', 1)):
            print('down')
    """,
    "test-fn": """
        def test_server():
            s = socket.create_connection(('h',1))
            assert s.recv(1)
        test_server()
    """,
    "async-cm-own": """
        class T:
            async def __aenter__(self): return self
            async def __aexit__(self, t, v, tb):
                return True
        async def main():
            async with T():
                await asyncio.open_connection('h',1)
        asyncio.run(main())
    """,
    "signal": """
        import signal
        def h(*a):
            socket.create_connection(('h',1)).close()
        signal.signal(signal.SIGUSR1, h)
    """,
    "atexit": """
        import atexit
        def h():
            socket.create_connection(('h',1)).close()
        atexit.register(h)
    """,
    "executor": """
        from concurrent.futures import ThreadPoolExecutor
        def h():
            socket.create_connection(('h',1)).close()
        with ThreadPoolExecutor() as p:
            f = p.submit(h)
            try:
                f.result()
            except OSError:
                pass
    """,
    "map": """
        def h(n):
            socket.create_connection(('h',n)).close()
        list(map(h, [1]))
    """,
    "trystar": """
        try:
            s = socket.create_connection(('h',1))
        except* OSError:
            pass
    """,
    "retry-deco": """
        import tenacity
        @tenacity.retry
        def main():
            socket.create_connection(('h',1)).close()
        main()
    """,
    "loop-retry": """
        for n in range(3):
            try:
                s = socket.create_connection(('h',1))
                break
            except OSError:
                continue
        else:
            sys.exit('x')
    """,
}

REPORTED = {
    "while-main": """
        while True:
            s = socket.create_connection(('h', 1))
            s.close()
    """,
    "if-main": """
        if __name__ == '__main__':
            s = socket.socket()
            s.connect((sys.argv[1], 80))
    """,
    "two-levels": """
        def a():
            b()
        def b():
            socket.create_connection(('h',1)).close()
        a()
    """,
    "async-two": """
        async def b():
            r, w = await asyncio.open_connection('h', 1)
            w.close()
        async def main():
            await b()
        asyncio.run(main())
    """,
    "ssh-wrong": """
        c = paramiko.SSHClient()
        try:
            c.connect('h')
        except paramiko.AuthenticationException:
            print('x')
    """,
    "ftp-wrong": """
        try:
            f = ftplib.FTP('h')
        except ftplib.error_perm:
            print('x')
    """,
    "timer": """
        def tick():
            socket.create_connection(('h',1)).close()
        threading.Timer(3, tick).start()
    """,
    "thread-method": """
        class C:
            def start(self):
                threading.Thread(target=self._loop, daemon=True).start()
            def _loop(self):
                s = socket.socket()
                s.connect(('h', 1))
    """,
    "loop-ctask": """
        async def w():
            r, wr = await asyncio.open_connection('h', 1)
        class S:
            def go(self, loop):
                try:
                    loop.create_task(w())
                except OSError:
                    pass
    """,
    "sibling-elif": """
        def f(kind, a):
            s = socket.socket()
            if kind == 1:
                try:
                    s.connect(a)
                except OSError as e:
                    s.close()
                    raise RuntimeError('x') from e
            elif kind == 2:
                s.connect(a)
            else:
                raise ValueError
            return s
    """,
    "sibling-async": """
        async def f(tls):
            if tls:
                try:
                    r, w = await asyncio.open_connection('h', 1, ssl=True)
                except OSError as e:
                    log.error('no %s', e)
                    return None
            else:
                r, w = await asyncio.open_connection('h', 1)
            return r, w
    """,
    "sibling-smtp": """
        def send(tls):
            if tls:
                try:
                    server = smtplib.SMTP_SSL('h', 465)
                except OSError as e:
                    log.error(e)
                    return False
            else:
                server = smtplib.SMTP('h')
            server.quit()
            return True
    """,
    "above-msg": """
        def f(a):
            s = socket.socket()
            s.connect(a)
            s.settimeout(3)
            try:
                s.sendall(b'x')
            except OSError:
                print('Could not connect to server')
                return
            s.close()
    """,
    "above-async": """
        async def f(a):
            reader, writer = await asyncio.open_connection('h', a)
            try:
                writer.write(b'x')
                await writer.drain()
            except ConnectionRefusedError:
                log.error('refused')
                return None
            return reader
    """,
    "above-gaierror": """
        def f(h):
            s = socket.create_connection((h, 1))
            try:
                s.sendall(b'x')
            except (socket.gaierror, ConnectionRefusedError):
                return None
            return s
    """,
    "keyboard": """
        try:
            s = socket.create_connection(('h',1))
            while True:
                print(s.recv(1))
        except KeyboardInterrupt:
            pass
    """,
    "partial": """
        def w(n):
            socket.create_connection(('h',n)).close()
        threading.Thread(target=functools.partial(w, 2)).start()
    """,
    "own-cm": """
        @contextlib.contextmanager
        def t():
            try:
                yield
            except TimeoutError:
                print('slow')
        with t():
            s = socket.create_connection(('h',1), 3)
    """,
    "exit-false": """
        class T:
            def __enter__(self): return self
            def __exit__(self, *e):
                print('x')
                return False
        with T():
            s = socket.create_connection(('h',1), 3)
    """,
    "valueerror": """
        try:
            s = socket.create_connection((sys.argv[1], int(sys.argv[2])))
        except (ValueError, IndexError):
            sys.exit('usage')
    """,
    "wrap": """
        ctx = ssl.create_default_context()
        with socket.create_connection(('h', 443)) as s:
            with ctx.wrap_socket(s, server_hostname='h') as t:
                print(t.version())
    """,
    "sslerror": """
        ctx = ssl.create_default_context()
        try:
            with socket.create_connection(('h', 443)) as s:
                print(1)
        except ssl.SSLError as e:
            print(e)
    """,
    "else": """
        try:
            x = int(sys.argv[1])
        except ValueError:
            sys.exit(1)
        else:
            s = socket.create_connection(('h', x))
    """,
    "in-finally": """
        try:
            print(1)
        finally:
            s = socket.create_connection(('h', 1))
    """,
    "telling-deco": """
        def timed(f):
            @functools.wraps(f)
            def w(*a):
                print('x')
                return f(*a)
            return w
        @timed
        def main():
            socket.create_connection(('h', 1)).close()
        main()
    """,
}


def found(code: str) -> list[str]:
    checked = check((HEAD + dedent(code)).encode(), "script.py", Selection(select=("CNL301",)))
    assert checked.problems == ()
    return [item.message for item in checked.diagnostics]


@pytest.mark.parametrize("code", FINE.values(), ids=FINE.keys())
def test_is_fine(code: str) -> None:
    assert found(code) == []


@pytest.mark.parametrize("code", REPORTED.values(), ids=REPORTED.keys())
def test_is_reported_once(code: str) -> None:
    assert len(found(code)) == 1
