import { SqsError } from '../errors'
import type { Queue } from '../queue'
import { textList, textMap } from '../request-input'
import type { Operation } from './operation'

const mostTags = 50

export function putTags(queue: Queue, tags: Readonly<Record<string, string>>): void {
  const names = new Set([...queue.tags.keys(), ...Object.keys(tags)])
  if (names.size > mostTags) throw new SqsError('InvalidParameterValue', `Too many tags added for queue ${queue.name}.`)
  for (const [name, value] of Object.entries(tags)) {
    if (name === '' || name.length > 128 || value.length > 256)
      throw new SqsError('InvalidParameterValue', 'A tag key has 1 to 128 characters, a tag value at most 256.')
    queue.tags.set(name, value)
  }
}

export const tagQueue: Operation = (account, input) => {
  putTags(account.named(input), textMap(input, 'Tags'))
  return {}
}

export const untagQueue: Operation = (account, input) => {
  const queue = account.named(input)
  for (const name of textList(input, 'TagKeys')) queue.tags.delete(name)
  return {}
}

export const listQueueTags: Operation = (account, input) => {
  const { tags } = account.named(input)
  return tags.size === 0 ? {} : { Tags: Object.fromEntries(tags) }
}
