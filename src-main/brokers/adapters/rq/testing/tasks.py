"""What RQ's real worker is told to run."""
import json
import os

import redis

log = redis.Redis.from_url(os.environ["QUEUESCOPE_TEST_REDIS"])


def send(*args):
    log.rpush("worked", json.dumps(list(args)))
    if args and args[0] == "fail" and not log.get("healed"):
        raise ValueError("mailbox unavailable")
    return len(args)
