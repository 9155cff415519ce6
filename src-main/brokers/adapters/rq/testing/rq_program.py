"""RQ's own producer, worker and counting interface, told what to do line by line; answers are JSON lines."""
import json
import logging
import os
import random
import sys
from datetime import timedelta

import redis
from rq import Queue, SimpleWorker
from rq.job import Job

logging.disable(logging.CRITICAL)
connection = redis.Redis.from_url(os.environ["QUEUESCOPE_TEST_REDIS"])


def counts(name):
    queue = Queue(name, connection=connection)
    return {
        "ready": len(queue),
        "leased": queue.started_job_registry.count,
        "delayed": queue.scheduled_job_registry.count,
        "dead": queue.failed_job_registry.count,
        "done": queue.finished_job_registry.count,
    }


def enqueue(name, calls):
    queue = Queue(name, connection=connection)
    return [queue.enqueue("tasks.send", *args).id for args in calls]


def later(name, seconds, args):
    queue = Queue(name, connection=connection)
    return queue.enqueue_in(timedelta(seconds=seconds), "tasks.send", *args).id


def work(name):
    SimpleWorker([Queue(name, connection=connection)], connection=connection).work(burst=True)
    return True


def start(name):
    """What a worker does before it runs a job, and then it dies."""
    queue = Queue(name, connection=connection)
    job_id = queue.pop_job_id()
    job = Job.fetch(job_id, connection=connection)
    worker = SimpleWorker([queue], connection=connection)
    worker.prepare_job_execution(job)
    return job_id


def data(job_id):
    """The bytes as RQ keeps them, in base64."""
    import base64

    return base64.b64encode(connection.hget(f"rq:job:{job_id}", "data")).decode()


def churn(name, seed, steps):
    dice = random.Random(seed)
    queue = Queue(name, connection=connection)
    for _ in range(steps):
        act = dice.choice(["enqueue", "enqueue", "fail", "later", "work", "requeue", "delete", "cancel"])
        if act == "enqueue":
            queue.enqueue("tasks.send", dice.randint(0, 9))
        elif act == "fail":
            queue.enqueue("tasks.send", "fail")
        elif act == "later":
            queue.enqueue_in(timedelta(seconds=600), "tasks.send", 1)
        elif act == "work":
            work(name)
        elif act == "requeue" and queue.failed_job_registry.count:
            queue.failed_job_registry.requeue(queue.failed_job_registry.get_job_ids()[0])
        elif act in ("delete", "cancel") and len(queue):
            job = queue.fetch_job(queue.get_job_ids()[0])
            job.delete() if act == "delete" else job.cancel()
    return counts(name)


ACTS = {each.__name__: each for each in (counts, enqueue, later, work, start, data, churn)}

for line in sys.stdin:
    try:
        name, *args = json.loads(line)
        print(json.dumps({"value": ACTS[name](*args)}), flush=True)
    except Exception as error:  # told to the test, which fails by it
        print(json.dumps({"error": repr(error)}), flush=True)
