import type { DeclarationDraft } from '@shared/model/declaration'
import { shippedDeclarations } from '@shared/model/shipped-declarations'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type RedisStage, startRedisStage } from '../../testing/redis-stage'
import { previewDeclaration } from './preview'
import { ListQueue, teamJob } from './team-code'

let stage: RedisStage

beforeAll(async () => {
  stage = await startRedisStage()
})
afterAll(async () => {
  await stage.stop()
})
beforeEach(async () => {
  await stage.admin.flushall()
})

const team = (name = 'mails') => new ListQueue(stage.admin, name)

const [queueList] = shippedDeclarations as readonly [DeclarationDraft]

const boom = () => {
  throw new Error('card was declined')
}

/** Jobs that died of their worker. */
async function die(count: number, name = 'mails'): Promise<void> {
  for (let n = 0; n < count; n += 1) await team(name).enqueue(teamJob(`j-${n}`, { n }, { maxAttempts: 1 }))
  await team(name).work(boom)
}

describe('the preview of a declaration', () => {
  it('shows the queues that it finds, and a message of each role', async () => {
    await die(2)
    await team().enqueue(teamJob('waiting', { n: 1 }))
    await team('other').enqueue(teamJob('x', 1))
    const preview = await previewDeclaration(stage.readingClient, queueList)
    expect(preview).toMatchObject({ queues: ['mails', 'other'], isWhole: true, name: 'mails', problems: [] })
    expect(preview.roles.map(({ role, type, count }) => [role, type, count])).toEqual([
      ['ready', 'list', 1],
      ['delayed', 'none', null],
      ['processing', 'none', null],
      ['dead', 'list', 2],
    ])
    expect(preview.roles[3]!.sample).toMatchObject({
      summary: { error: 'card was declined', preview: '{"n":1}' },
      text: expect.stringContaining('"id":"j-1"'),
    })
    expect((await previewDeclaration(stage.readingClient, queueList, 'other')).name).toBe('other')
  })

  it('says in words what is not right yet', async () => {
    await stage.admin.lpush('jobs:a', 'no JSON')
    await stage.admin.set('jobs:a:dead', 'x')
    const ready = { type: 'list', key: 'jobs:{name}', takeFrom: 'right', inner: 'job' } as const
    const draft: DeclarationDraft = {
      ...queueList,
      roles: {
        ...queueList.roles,
        ready,
        dead: { ...queueList.roles.dead!, key: 'jobs:{name}:dead' },
        processing: null,
      },
    }
    expect((await previewDeclaration(stage.client, draft)).problems).toEqual([
      'ready: nothing stands at job in what jobs:a holds.',
      'dead: jobs:a:dead holds a string, not a list.',
      `No message tells when it came, at ${queueList.envelope.enqueuedAt}: ages will be unknown.`,
    ])
    const wrong = { ...draft, roles: { ...draft.roles, ready: { ...ready, key: 'jobs' } } }
    expect((await previewDeclaration(stage.client, wrong)).problems).toContain(
      'ready: “jobs” needs {name} in it, once.',
    )
    const nothing = { ...draft, roles: { ...draft.roles, ready: { ...ready, key: 'tasks:{name}' }, dead: null } }
    expect((await previewDeclaration(stage.client, nothing)).problems).toEqual([
      'No key of these patterns was found among 2 keys.',
    ])
    expect((await previewDeclaration(stage.client, nothing, 'x')).problems).toEqual([
      'None of its keys is there: no queue is named x.',
    ])
  })

  it('looks at no more than a hundred thousand keys', async () => {
    for (let from = 0; from < 120_000; from += 10_000)
      await stage.admin.mset(...Array.from({ length: 10_000 }, (_, n) => [`stranger:${from + n}`, 'x']).flat())
    const preview = await previewDeclaration(stage.client, queueList)
    expect(preview.isWhole).toBe(false)
    expect(preview.keysSeen).toBeLessThan(102_000)
  })
})
