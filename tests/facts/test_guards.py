"""Who takes a failure that goes through the file's own context managers, decorators, callbacks and coroutines."""

from __future__ import annotations

from textwrap import dedent

import pytest

from tests.facts.reading import read

HEAD = "import asyncio, contextlib, functools, smtplib, socket, threading\n"


def fate(code: str) -> tuple[bool | None, str]:
    (site,) = read(HEAD + dedent(code)).connects
    return site.guarded, site.place


TAKES = {
    "converting-context": """
        @contextlib.contextmanager
        def converting():
            try:
                yield
            except OSError as exc:
                raise MailError("down") from exc

        with converting():
            socket.create_connection(a)
    """,
    "converting-asynchronous-context": """
        @contextlib.asynccontextmanager
        async def converting():
            try:
                yield
            except OSError as exc:
                raise MailError("down") from exc

        async def main():
            async with converting():
                await asyncio.open_connection("h", 1)

        asyncio.run(main())
    """,
    "context-that-suppresses": """
        @contextlib.contextmanager
        def quiet():
            with contextlib.suppress(OSError):
                yield

        with quiet():
            socket.create_connection(a)
    """,
    "exit-that-returns-true": """
        class Quiet:
            def __enter__(self):
                return self

            def __exit__(self, kind, value, traceback):
                log(value)
                return True

        with Quiet():
            socket.create_connection(a)
    """,
    "exit-that-asks-for-the-class": """
        class Quiet:
            def __enter__(self):
                return self

            def __exit__(self, kind, value, traceback):
                return kind is not None and issubclass(kind, OSError)

        with Quiet():
            socket.create_connection(a)
    """,
    "decorator": """
        def handled(func):
            @functools.wraps(func)
            def wrapper(*args, **kwargs):
                try:
                    return func(*args, **kwargs)
                except OSError as exc:
                    print(exc)

            return wrapper

        @handled
        def main():
            socket.create_connection(a)

        main()
    """,
    "decorator-with-arguments": """
        def handled(*classes, default=None):
            def decorate(func):
                def wrapper(*args):
                    try:
                        return func(*args)
                    except Exception:
                        return default

                return wrapper

            return decorate

        @handled(OSError)
        def main():
            socket.create_connection(a)

        main()
    """,
    "asynchronous-decorator": """
        def handled(func):
            async def wrapper(*args):
                try:
                    return await func(*args)
                except OSError:
                    pass

            return wrapper

        @handled
        async def main():
            await asyncio.open_connection("h", 1)

        asyncio.run(main())
    """,
    "callback": """
        def attempt(action):
            try:
                action()
            except OSError as exc:
                print(exc)

        def work():
            socket.create_connection(a)

        attempt(work)
    """,
    "callback-by-keyword": """
        def attempt(*, action):
            try:
                action()
            except OSError as exc:
                print(exc)

        attempt(action=lambda: socket.create_connection(a))
    """,
    "callback-around-the-call": """
        def timed(action):
            action()

        def work():
            socket.create_connection(a)

        try:
            timed(work)
        except OSError:
            pass
    """,
    "partial-callback": """
        def attempt(action):
            try:
                action()
            except OSError as exc:
                print(exc)

        def work(n):
            socket.create_connection(a)

        attempt(functools.partial(work, 3))
    """,
    "base-class-calls-it": """
        class Base:
            def run(self):
                try:
                    self.step()
                except OSError:
                    pass

            def step(self):
                raise NotImplementedError

        class Worker(Base):
            def step(self):
                socket.create_connection(a)
    """,
    "derived-class-calls-it": """
        class Base:
            def step(self):
                socket.create_connection(a)

        class Worker(Base):
            def run(self):
                try:
                    self.step()
                except OSError:
                    pass
    """,
    "super": """
        class Base:
            def step(self):
                socket.create_connection(a)

        class Worker(Base):
            def step(self):
                try:
                    super().step()
                except OSError:
                    pass
    """,
    "coroutine-made-outside": """
        async def main():
            opening = asyncio.open_connection("h", 1)
            try:
                reader, writer = await opening
            except OSError:
                pass

        asyncio.run(main())
    """,
    "coroutine-of-the-file-made-outside": """
        async def work():
            await asyncio.open_connection("h", 1)

        async def main():
            working = work()
            try:
                await asyncio.wait_for(working, 3)
            except OSError:
                pass

        asyncio.run(main())
    """,
    "task-awaited-inside": """
        async def work():
            await asyncio.open_connection("h", 1)

        async def main():
            task = asyncio.create_task(work())
            try:
                await task
            except OSError:
                pass

        asyncio.run(main())
    """,
    "tasks-gathered-inside": """
        async def work(n):
            await asyncio.open_connection("h", n)

        async def main():
            tasks = [asyncio.create_task(work(n)) for n in range(3)]
            try:
                await asyncio.gather(*tasks)
            except OSError:
                pass

        asyncio.run(main())
    """,
    "tasks-collected-and-gathered-inside": """
        async def work(n):
            await asyncio.open_connection("h", n)

        async def main():
            tasks = []
            for n in range(3):
                tasks.append(asyncio.ensure_future(work(n)))
            try:
                await asyncio.gather(*tasks)
            except OSError:
                pass

        asyncio.run(main())
    """,
    "protocol-of-a-loop": """
        loop = asyncio.get_event_loop()
        coro = loop.create_connection(Protocol, "127.0.0.1", 8888)
        try:
            loop.run_until_complete(coro)
        except OSError:
            pass
    """,
    "in-another-thread-awaited-here": """
        def work():
            socket.create_connection(a)

        async def main():
            try:
                await asyncio.to_thread(work)
            except OSError:
                pass

        asyncio.run(main())
    """,
    "in-an-executor-awaited-here": """
        def work():
            socket.create_connection(a)

        async def main(loop):
            try:
                await loop.run_in_executor(None, work)
            except OSError:
                pass

        asyncio.run(main())
    """,
}


@pytest.mark.parametrize("code", TAKES.values(), ids=TAKES.keys())
def test_takes_it(code: str) -> None:
    assert fate(code) == (True, "unknown")


PASSES = {
    "stack-of-files": (
        """
        with contextlib.ExitStack() as stack:
            file = stack.enter_context(open("x"))
            stack.callback(print)
            socket.create_connection(a)
        """,
        "main",
    ),
    "context-that-cannot-take-it": (
        """
        @contextlib.contextmanager
        def mailing():
            try:
                yield
            except smtplib.SMTPException as exc:
                raise MailError("down") from exc

        with mailing():
            smtplib.SMTP("h")
        """,
        "main",
    ),
    "context-with-a-finally": (
        """
        @contextlib.contextmanager
        def timed():
            try:
                yield
            finally:
                print("done")

        with timed():
            socket.create_connection(a)
        """,
        "main",
    ),
    "exit-that-asks-for-another-class": (
        """
        class Quiet:
            def __enter__(self):
                return self

            def __exit__(self, kind, value, traceback):
                return isinstance(value, TimeoutError)

        with Quiet():
            socket.create_connection(a)
        """,
        "main",
    ),
    "decorator-that-cannot-take-it": (
        """
        def handled(func):
            def wrapper():
                try:
                    func()
                except KeyboardInterrupt:
                    print("bye")

            return wrapper

        @handled
        def main():
            socket.create_connection(a)

        main()
        """,
        "main",
    ),
    "decorator-that-only-registers": (
        """
        COMMANDS = {}

        def command(func):
            return func

        @command
        def main():
            socket.create_connection(a)

        main()
        """,
        "main",
    ),
    "callback-that-nothing-guards": (
        """
        def timed(action):
            action()

        def work():
            socket.create_connection(a)

        timed(work)
        """,
        "main",
    ),
    "lambda-of-a-thread": ("threading.Thread(target=lambda: socket.create_connection(a)).start()", "thread"),
    "partial-of-a-thread": (
        """
        def work(n):
            socket.create_connection(a)

        threading.Thread(target=functools.partial(work, 1)).start()
        """,
        "thread",
    ),
    "try-around-the-making": (
        """
        async def main():
            try:
                opening = asyncio.open_connection("h", 1)
            except OSError:
                return
            await opening

        asyncio.run(main())
        """,
        "main",
    ),
    "try-around-ensure-future": (
        """
        async def work():
            await asyncio.open_connection("h", 1)

        async def main():
            try:
                asyncio.ensure_future(work())
            except OSError:
                print("down")
            await asyncio.sleep(3)

        asyncio.run(main())
        """,
        "task",
    ),
    "task-that-is-only-cancelled": (
        """
        async def work():
            await asyncio.open_connection("h", 1)

        async def main():
            task = asyncio.create_task(work())
            await asyncio.sleep(3)
            task.cancel()

        asyncio.run(main())
        """,
        "task",
    ),
    "protocol-of-a-loop": (
        """
        loop = asyncio.get_event_loop()
        loop.run_until_complete(loop.create_connection(Protocol, "127.0.0.1", 8888))
        loop.run_forever()
        """,
        "main",
    ),
    "method-of-the-thread-class": (
        """
        class Worker(threading.Thread):
            def run(self):
                self.work()

            def work(self):
                socket.create_connection(a)
        """,
        "library",
    ),
}


@pytest.mark.parametrize(("code", "place"), PASSES.values(), ids=PASSES.keys())
def test_passes_it(code: str, place: str) -> None:
    assert fate(code) == (False, place)


HIDES = {
    "classes-that-another-module-collects": """
        from errors import NETWORK_ERRORS

        try:
            socket.create_connection(a)
        except NETWORK_ERRORS:
            pass
    """,
    "stack-that-suppresses": """
        with contextlib.ExitStack() as stack:
            stack.enter_context(contextlib.suppress(OSError))
            socket.create_connection(a)
    """,
    "stack-with-an-exit-of-its-own": """
        with contextlib.ExitStack() as stack:
            stack.push(lambda *failure: True)
            socket.create_connection(a)
    """,
    "context-with-two-yields": """
        @contextlib.contextmanager
        def perhaps():
            if quiet:
                with contextlib.suppress(OSError):
                    yield
            else:
                yield

        with perhaps():
            socket.create_connection(a)
    """,
    "exit-that-decides": """
        class Quiet:
            def __exit__(self, kind, value, traceback):
                if kind is OSError:
                    return True
                return self.quiet

        with Quiet():
            socket.create_connection(a)
    """,
    "decorator-that-keeps-it": """
        HANDLERS = []

        def handled(func):
            HANDLERS.append(func)
            return func

        @handled
        def main():
            socket.create_connection(a)

        main()
    """,
    "decorator-with-a-context-of-somebody": """
        def handled(func):
            def wrapper():
                with sentry.capture():
                    func()

            return wrapper

        @handled
        def main():
            socket.create_connection(a)

        main()
    """,
    "callback-that-is-kept": """
        class Registry:
            def add(self, action):
                self.action = action

        def work():
            socket.create_connection(a)

        Registry().add(work)
    """,
    "task-of-a-group": """
        async def work():
            await asyncio.open_connection("h", 1)

        async def main():
            async with asyncio.TaskGroup() as tg:
                task = tg.create_task(work())

        asyncio.run(main())
    """,
    "task-with-a-callback": """
        async def work():
            await asyncio.open_connection("h", 1)

        async def main():
            task = asyncio.create_task(work())
            task.add_done_callback(report)
            await asyncio.sleep(3)

        asyncio.run(main())
    """,
    "tasks-waited-for": """
        async def work(n):
            await asyncio.open_connection("h", n)

        async def main():
            tasks = [asyncio.create_task(work(n)) for n in range(3)]
            await asyncio.wait(tasks)

        asyncio.run(main())
    """,
    "job-of-a-pool": """
        def work():
            socket.create_connection(a)

        future = pool.submit(work)
    """,
}


@pytest.mark.parametrize("code", HIDES.values(), ids=HIDES.keys())
def test_hides_it(code: str) -> None:
    assert fate(code)[0] is None


def test_names_the_class_that_escapes_the_context() -> None:
    code = HEAD + dedent(PASSES["context-that-cannot-take-it"][0])
    (site,) = read(code).connects
    assert site.escapes == ("ConnectionRefusedError",)
    assert [(guard.caught, guard.escapes) for guard in site.guards] == [
        (("smtplib.SMTPException",), ("ConnectionRefusedError",))
    ]


def test_says_where_a_coroutine_fails() -> None:
    found = read("import asyncio\nasync def f():\n    c = asyncio.open_connection('h', 1)\n    x = 1\n    await c\n")
    (site,) = found.connects
    assert site.outlet is not None
    assert found.layout.row(site.outlet) == 5


def test_calls_in_circles_come_to_an_end() -> None:
    code = """
        def a(action):
            b(action)

        def b(action):
            a(action)

        def work():
            socket.create_connection(x)

        a(work)
    """
    assert fate(code)[0] is None
