/** Kombu's separator between the parts of a name. */
export const separator = '\x06\x16'

export const bindingPrefix = '_kombu.binding.'
export const unackedKey = 'unacked'
export const resultKey = (taskId: string): string => `celery-task-meta-${taskId}`

/** Kombu's default steps; each has a list of its own, the first of them under the queue's plain name. */
const prioritySteps = [0, 3, 6, 9]

/** The lists of a queue, in the order in which workers ask them. */
export const listsOf = (queue: string): readonly string[] =>
  prioritySteps.map((step) => (step === 0 ? queue : `${queue}${separator}${step}`))

/** The queue that a priority list belongs to; null: the name is no priority list's. */
export function queueOfList(key: string): string | null {
  const at = key.lastIndexOf(separator)
  return at > 0 && /^[369]$/.test(key.slice(at + separator.length)) ? key.slice(0, at) : null
}
