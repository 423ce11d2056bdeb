"""Ask a service for its status; it may be restarting, so try a few times."""

import time

import requests

for i in range(5):
    try:
        response = requests.get("http://localhost:8000/status", timeout=5)
        break
    except requests.exceptions.ConnectionError:
        wait = 2**i
        print(f"not reachable, trying again in {wait} s")
        time.sleep(wait)

print(response.json()["state"])
