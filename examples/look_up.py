"""Look up a package; an answer that says no is not a network that is down."""

import urllib.error
import urllib.request


def look_up(name: str) -> bytes | None:
    try:
        with urllib.request.urlopen(f"https://packages.example.com/{name}.json", timeout=5) as answer:
            return answer.read()
    except urllib.error.URLError as error:
        raise SystemExit(f"the index cannot be reached: {error.reason}") from error
    except urllib.error.HTTPError as error:
        print(f"no such package: {error.code}")
        return None
