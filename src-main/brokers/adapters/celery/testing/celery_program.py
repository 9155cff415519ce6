"""A producer of Celery's, told what to do line by line: PORT is the argument, answers are JSON lines."""
import json
import sys

from celery import Celery

URL = f"redis://127.0.0.1:{sys.argv[1]}/0"
app = Celery("queuescope", broker=URL, backend=URL)
app.conf.task_default_queue = "celery"

for line in sys.stdin:
    order = json.loads(line)
    sent = []
    for task in order:
        options = {key: task[key] for key in ("priority", "countdown", "queue", "serializer") if key in task}
        sent.append(app.send_task(task["name"], args=task["args"], kwargs=task.get("kwargs", {}), **options).id)
    print(json.dumps(sent), flush=True)
