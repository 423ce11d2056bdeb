"""Connect through the project's own helper, which may raise anything."""

import time

from service_client import connect

for attempt in range(5):
    try:
        conn = connect()
        break
    except ConnectionError:
        time.sleep(2**attempt)

conn.run()
