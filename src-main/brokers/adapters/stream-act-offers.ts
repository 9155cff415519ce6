import type { ActField, ActOffer } from '@shared/model/act'
import type { RedisClient } from '../clients/redis'
import { numberField, textField } from './act-fields'
import { ask, askAll, explained, listOf, mapOf, textOf } from './redis-asking'
import { groupsOf } from './stream-facts'
import { compareIds, idAfter } from './stream-ids'

/** What can be done to a stream besides plans, in the order in which it is offered. */
export async function streamOffers(redis: RedisClient, key: string): Promise<readonly ActOffer[]> {
  const sight = await look(redis, key)
  const names = sight.groups.map(({ name }) => name)
  const noGroup = names.length === 0 ? 'Nobody reads this stream in groups.' : null
  const group: ActField = {
    name: 'group',
    label: 'Group',
    kind: 'choice',
    options: names,
    value: names[0] ?? '',
    hint: null,
  }
  const consumers = [...new Set(sight.groups.flatMap((each) => each.consumers))]
  const idle = numberField('minIdleMs', 'Idle for at least, ms', '60000')
  const count = numberField('count', 'At most', '100', 'Up to 1,000 at once.')
  return [
    {
      id: 'claim',
      label: 'Claim pending entries',
      words: [
        'Pending entries that were idle for long are given to another consumer of the group.',
        'Only a consumer that reads its own pending entries gets them: name one that does.',
        'One that is still being worked on will be done twice; one whose body was trimmed stops being pending.',
      ],
      destructive: false,
      refusal: noGroup,
      fields: [
        group,
        textField('consumer', 'Give them to', consumers[0] ?? ''),
        { ...textField('from', 'Only those of', ''), hint: 'A consumer; empty: of all.' },
        idle,
        count,
      ],
    },
    {
      id: 'ack',
      label: 'Acknowledge pending entries',
      words: [
        'They count as done for this group, and are never given to it again.',
        'They stay in the stream until it is trimmed.',
      ],
      destructive: true,
      refusal: noGroup,
      fields: [
        group,
        {
          ...textField('ids', 'Ids', ''),
          hint: 'With spaces or commas between; empty: all that were idle for so long.',
        },
        idle,
        count,
      ],
    },
    {
      id: 'delete-consumer',
      label: 'Delete a consumer',
      words: [
        'What it holds is handed to another consumer first, or it is refused: Redis would forget those entries.',
        'A consumer that still runs comes back by itself with its next read.',
      ],
      destructive: false,
      refusal: noGroup,
      fields: [
        group,
        { ...textField('consumer', 'Consumer', ''), kind: 'choice', options: consumers, value: consumers[0] ?? '' },
        { ...textField('heir', 'Hand what it holds to', ''), hint: 'Empty: refuse when it holds any.' },
      ],
    },
    {
      id: 'create-group',
      label: 'Create a group',
      words: [
        'A group that begins at $ is never given what is in the stream already; one that begins at 0 is given all.',
      ],
      destructive: false,
      refusal: null,
      fields: [
        textField('group', 'Group', ''),
        {
          ...textField('start', 'Begins at', '0'),
          hint: '0, $, or the id of the last entry that it is not to be given.',
        },
      ],
    },
    {
      id: 'delete-entries',
      label: 'Delete entries by id',
      words: ['They are gone for every group, and nothing is archived. Entries that a consumer holds are left alone.'],
      destructive: true,
      refusal: null,
      fields: [{ ...textField('ids', 'Ids', ''), hint: 'With spaces or commas between, at most 1,000.' }],
    },
    {
      id: 'trim',
      label: 'Trim what every group has acknowledged',
      words: [
        'Entries before the id are deleted; none that a group has not been given or not acknowledged.',
        'Who reads the stream without a group cannot read them any more.',
      ],
      destructive: true,
      refusal: noGroup ?? (sight.safe === null ? 'Nothing is known to be acknowledged by all.' : null),
      fields: [
        {
          ...textField('minId', 'First id to keep', sight.safe ?? ''),
          hint: 'At the latest the one that is proposed.',
        },
      ],
    },
  ]
}

interface Sight {
  readonly groups: readonly { readonly name: string; readonly consumers: readonly string[] }[]
  /** The first id that some group has not been given or not acknowledged. */
  readonly safe: string | null
}

async function look(redis: RedisClient, key: string): Promise<Sight> {
  const [answer] = await askAll(redis, [['XINFO', 'GROUPS', key]])
  if (answer && !answer.ok) {
    if (answer.refusal.message.includes('no such key')) return { groups: [], safe: null }
    throw await explained(redis, answer)
  }
  const groups = groupsOf(answer?.value).slice(0, 200)
  const told = await ask(
    redis,
    groups.flatMap(({ name }) => [['XINFO', 'CONSUMERS', key, name] as const, ['XPENDING', key, name] as const]),
  )
  let safe: string | null = null
  const seen = groups.map(({ name, lastDelivered }, index) => {
    const first = textOf(listOf(told[index * 2 + 1])[1]) ?? idAfter(lastDelivered) ?? lastDelivered
    if (safe === null || compareIds(first, safe) < 0) safe = first
    return { name, consumers: listOf(told[index * 2]).map((each) => textOf(mapOf(each).get('name')) ?? '') }
  })
  return { groups: seen, safe: safe === '0-1' ? null : safe }
}
