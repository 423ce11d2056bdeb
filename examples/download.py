"""Download a report."""

import requests


def report(url: str) -> bytes | None:
    try:
        answer = requests.get(url, timeout=10)
    except ConnectionError:
        print("the server cannot be reached")
        return None
    return answer.content
