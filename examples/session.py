"""A session whose requests are retried."""

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry


def session() -> requests.Session:
    made = requests.Session()
    made.mount("https://", HTTPAdapter(max_retries=Retry(total=5, status_forcelist=[502, 503, 504])))
    made.mount("http://", HTTPAdapter(max_retries=3))
    return made
