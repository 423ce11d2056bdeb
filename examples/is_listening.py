"""Say whether something listens at a port of this machine."""

import asyncio
import sys


async def is_listening(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("localhost", port)
    except ConnectionRefusedError:
        return False
    writer.close()
    return True


if __name__ == "__main__":
    print(asyncio.run(is_listening(int(sys.argv[1]))))
