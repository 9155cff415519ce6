/** Test files that run in full size when QUEUESCOPE_TORTURE names a report, in the order in which they are begun. */
export const suites: readonly { readonly name: string; readonly file: string }[] = [
  { name: 'model', file: 'src-main/brokers/drivers/redis/model.broker.test.ts' },
  { name: 'interleavings', file: 'src-main/brokers/drivers/redis/interleavings.broker.test.ts' },
  { name: 'cuts', file: 'src-main/brokers/drivers/redis/cuts.broker.test.ts' },
  { name: 'server-death', file: 'src-main/brokers/drivers/redis/server-death.broker.test.ts' },
  { name: 'crash', file: 'src-main/engine/crash.broker.test.ts' },
  { name: 'stopped-worker', file: 'src-main/engine/stopped-worker.broker.test.ts' },
  { name: 'skewed-clock', file: 'src-main/engine/skewed-clock.broker.test.ts' },
  { name: 'sentinel', file: 'src-main/engine/sentinel.broker.test.ts' },
]
