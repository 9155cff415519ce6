"""A real worker's application: writes down what it was given, and fails where it is told to."""
import json
import os

import redis
from celery import Celery

URL = os.environ["QUEUESCOPE_TEST_REDIS"]
app = Celery("queuescope", broker=URL, backend=URL)
log = redis.Redis.from_url(URL)


@app.task(name="mail.send")
def send(*args, **kwargs):
    log.rpush("worked", json.dumps(list(args)))
    if args and args[0] == "fail":
        raise ValueError("mailbox unavailable")
    return len(args)
