import type { LayoutFacts } from './layout-facts'
import { asynq } from './layouts/asynq'
import { bee } from './layouts/bee'
import { bull } from './layouts/bull'
import { bullmq } from './layouts/bullmq'
import { celery } from './layouts/celery'
import { declared } from './layouts/declared'
import { engine } from './layouts/engine'
import { list } from './layouts/list'
import { rabbitmq } from './layouts/rabbitmq'
import { resque } from './layouts/resque'
import { rq } from './layouts/rq'
import { sidekiq } from './layouts/sidekiq'
import { sqs } from './layouts/sqs'
import { stream } from './layouts/stream'
import type { Layout } from './queue'
import type { Metric, Precision } from './sample'

export const layoutFacts: Readonly<Record<Layout, LayoutFacts>> = {
  engine,
  bullmq,
  bull,
  sidekiq,
  resque,
  rq,
  celery,
  asynq,
  bee,
  stream,
  list,
  declared,
  sqs,
  rabbitmq,
}

/** "jobs", "entries". */
export const pluralOf = (item: string): string => (item.endsWith('y') ? `${item.slice(0, -1)}ies` : `${item}s`)

/** How far a layout's figure can be believed; the screen says it beside the number. */
export const precisionOf = (layout: Layout, metric: Metric): Precision => layoutFacts[layout].precision[metric]
