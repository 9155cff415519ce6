import { describe, expect, it } from 'vitest'
import { type DeclarationDraft, declarationProblems, keyFor, LayoutDeclaration, nameIn } from './declaration'
import { shippedDeclarations } from './shipped-declarations'

const [queueList] = shippedDeclarations as [DeclarationDraft]

const problemsOf = (change: Partial<DeclarationDraft>) => declarationProblems({ ...queueList, ...change })

describe('a declaration', () => {
  it('is right as it is shipped, and each has an id of its own', () => {
    for (const declaration of shippedDeclarations) expect(LayoutDeclaration.parse(declaration)).toEqual(declaration)
    expect(new Set(shippedDeclarations.map(({ id }) => id)).size).toBe(shippedDeclarations.length)
    for (const { loses } of shippedDeclarations) expect(loses.length).toBeGreaterThan(2)
  })

  it('says in words what is wrong', () => {
    const { ready, dead } = queueList.roles
    const roles = (change: Partial<DeclarationDraft['roles']>) =>
      problemsOf({ roles: { ...queueList.roles, ...change } })
    expect(roles({ ready: { ...ready!, key: 'queue' } })).toEqual(['ready: “queue” needs {name} in it, once.'])
    expect(roles({ ready: { ...ready!, key: '{name}:{name}' } })).toEqual([
      'ready: “{name}:{name}” needs {name} in it, once.',
    ])
    expect(roles({ ready: { ...ready!, key: '{name}' } })).toEqual(['ready: “{name}” alone would be every key.'])
    expect(roles({ dead: { ...dead!, key: 'queue:{name}' } })).toEqual([
      'dead and ready have one and the same key, “queue:{name}”.',
    ])
    expect(roles({ delayed: { ...dead!, key: 'later:{name}' } })).toEqual([
      'delayed: cannot be a list, only a sorted set.',
    ])
    expect(roles({ ready: null })).toEqual(['Neither ready messages nor a log are declared.'])
    expect(problemsOf({ dedup: 'seen:{name}' })).toEqual([
      'dedup: “seen:{name}” must end in *, which stands for what was produced.',
    ])
    expect(problemsOf({ channel: 'news:{name}' })).toEqual(['channel: only a log has one.'])
    expect(LayoutDeclaration.safeParse({ ...queueList, channel: 'news:{name}' }).success).toBe(false)
  })

  it('makes keys of names and finds names in keys, whatever is in the name', () => {
    for (const name of ['orders', 'a:b:c', '{tag}', 'dead', ' ', '☃', '$&']) {
      for (const pattern of ['queue:{name}:dead', 'q:{{name}}:ready', '{name}.jobs'])
        expect(nameIn(pattern, keyFor(pattern, name))).toBe(name)
    }
    expect(nameIn('queue:{name}:dead', 'queue::dead')).toBeNull()
    expect(nameIn('queue:{name}:dead', 'queue:dead')).toBeNull()
    expect(nameIn('queue:{name}', 'rq:queue:x')).toBeNull()
    expect(nameIn('q:{{name}}:ready', 'q:{a}:dead')).toBeNull()
  })
})
