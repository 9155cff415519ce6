import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fingerprint } from './fingerprint'

const title = (error: string) => fingerprint(error).title

describe('fingerprint', () => {
  it.each([
    ['Error: connect ECONNREFUSED 10.0.0.12:5432', 'Error: connect ECONNREFUSED <host>:<n>'],
    ['connect ECONNREFUSED ::1:6379', 'connect ECONNREFUSED <host>'],
    ['getaddrinfo ENOTFOUND mail.internal', 'getaddrinfo ENOTFOUND <host>'],
    ['Timeout after 30000ms', 'Timeout after <n>ms'],
    ['Timeout after 1.5 s', 'Timeout after <n> s'],
    ['SchemaError: "email" is required', 'SchemaError: "email" is required'],
    [
      "TypeError: Cannot read properties of undefined (reading 'total')",
      "TypeError: Cannot read properties of undefined (reading 'total')",
    ],
    ["Customer 'Ada Lovelace' has no address", "Customer '<text>' has no address"],
    ['No such order ord_8f3kq2x9', 'No such order ord_<id>'],
    ['No user 507f1f77bcf86cd799439011', 'No user <id>'],
    ['job 5b0e7c1e-0c55-4a38-9a40-2f0c4be7ed1d is locked', 'job <id> is locked'],
    ['Request failed with status code 503', 'Request failed with status code 503'],
    ['GET https://api.example.com/v1/orders/17?x=1 failed', 'GET <url> failed'],
    ['no mail to ada@example.com', 'no mail to <email>'],
    ['E11000 duplicate key', 'E11000 duplicate key'],
    ['order-4711 was refused at 2026-11-22T02:47:11.123Z', 'order-<n> was refused at <time>'],
    ['at offset 0x7ffee3', 'at offset <hex>'],
    ['cannot open /var/lib/app/17/data.json', 'cannot open <path>'],
    ['', 'No error was recorded'],
  ])('%s', (error, expected) => expect(title(error)).toBe(expected))

  it('sorts failures of one kind into one cause', () => {
    const keys = Array.from(
      { length: 400 },
      (_, n) => fingerprint(`connect ECONNREFUSED 10.0.${n % 255}.9:${5000 + n}`).key,
    )
    expect(new Set(keys).size).toBe(1)
  })

  it('keeps different fields and different status codes apart', () => {
    expect(fingerprint('"email" is required').key).not.toBe(fingerprint('"name" is required').key)
    expect(fingerprint('status code 404').key).not.toBe(fingerprint('status code 503').key)
  })

  it('ignores the stack, terminal colours and invisible characters', () => {
    const plain = fingerprint('Error: boom')
    expect(fingerprint('Error: boom\n    at run (/app/worker.js:10:3)')).toEqual(plain)
    expect(fingerprint('\u001b[31mError:\u001b[0m \u202eboom')).toEqual(plain)
  })

  it('is deterministic and bounded on any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 3000 }), (text) => {
        const found = fingerprint(text)
        expect(found).toEqual(fingerprint(text))
        expect(found.key).toMatch(/^[0-9a-f]{14}$/)
        expect(found.title.length).toBeLessThanOrEqual(200)
      }),
    )
  })
})
