"""RQ's own producer, worker and counting interface, told what to do line by line; answers are JSON lines."""
import base64
import json
import logging
import os
import random
import sys
from datetime import timedelta

import redis
from rq import Queue, Retry, SimpleWorker
from rq.job import Job
from rq.suspension import resume, suspend

logging.disable(logging.CRITICAL)
connection = redis.Redis.from_url(os.environ["QUEUESCOPE_TEST_REDIS"])


class Worker(SimpleWorker):
    """Takes no commands from others: to stop listening for them costs a fifth of a second each time."""

    def subscribe(self):
        pass

    def unsubscribe(self):
        pass


def fetch(job_id):
    return Job.fetch(job_id, connection=connection)


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


def submit(name, args, options):
    """With RQ's own options, `retry` as a number."""
    if "retry" in options:
        options["retry"] = Retry(max=options["retry"])
    return Queue(name, connection=connection).enqueue("tasks.send", *args, **options).id


def again(name, job_id):
    """Enqueues a job that is enqueued."""
    Queue(name, connection=connection).push_job_id(job_id)


def requeue(job_id):
    fetch(job_id).requeue()


def delete(job_id):
    fetch(job_id).delete()


def cancel(job_id):
    fetch(job_id).cancel()


def suspension(is_on):
    suspend(connection) if is_on else resume(connection)


def stop(name):
    """What a worker does with a job that it was told to stop."""
    queue = Queue(name, connection=connection)
    job = fetch(queue.pop_job_id())
    worker = Worker([queue], connection=connection)
    worker.prepare_job_execution(job)
    worker._stopped_job_id = job.id
    worker.handle_job_failure(job, queue, exc_string="Job stopped by user, work-horse terminated.")
    return job.id


def told(job_id):
    """What the library reads of a job."""
    job = fetch(job_id)
    latest = job.latest_result()
    return {
        "status": job.get_status(),
        "args": list(job.args),
        "error": latest.exc_string if latest else None,
        "dependents": sorted(job.dependent_ids),
        "meta": job.meta,
    }


def later(name, seconds, args):
    queue = Queue(name, connection=connection)
    return queue.enqueue_in(timedelta(seconds=seconds), "tasks.send", *args).id


def work(name):
    Worker([Queue(name, connection=connection)], connection=connection).work(burst=True)
    return True


def start(name):
    """What a worker does before it runs a job, and then it dies."""
    queue = Queue(name, connection=connection)
    job_id = queue.pop_job_id()
    job = Job.fetch(job_id, connection=connection)
    worker = Worker([queue], connection=connection)
    worker.prepare_job_execution(job)
    return job_id


def data(job_id):
    """The bytes as RQ keeps them, in base64."""
    return base64.b64encode(connection.hget(f"rq:job:{job_id}", "data")).decode()


def churn(name, seed, steps):
    dice = random.Random(seed)
    queue = Queue(name, connection=connection)
    for _ in range(steps):
        act = dice.choice(
            ["enqueue", "enqueue", "fail", "retry", "later", "work", "start", "stop", "requeue", "delete", "cancel"]
        )
        if act == "enqueue":
            queue.enqueue("tasks.send", dice.randint(0, 9))
        elif act == "fail":
            queue.enqueue("tasks.send", "fail")
        elif act == "retry":
            queue.enqueue("tasks.send", "fail", retry=Retry(max=1, interval=dice.choice([0, 600])))
        elif act in ("start", "stop") and len(queue):
            start(name) if act == "start" else stop(name)
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


ACTS = {
    each.__name__: each
    for each in (
        counts, enqueue, submit, again, requeue, delete, cancel, suspension, stop, told, later, work, start, data, churn,
    )
}

for line in sys.stdin:
    try:
        name, *args = json.loads(line)
        print(json.dumps({"value": ACTS[name](*args)}), flush=True)
    except Exception as error:  # told to the test, which fails by it
        print(json.dumps({"error": repr(error)}), flush=True)
