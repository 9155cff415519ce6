import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type RequestFacts, refuseRequest, refuseUpgrade } from './request-checks'

const port = 5174
const facts = (headers: readonly (readonly [string, string])[], change: Partial<RequestFacts> = {}): RequestFacts => ({
  method: 'GET',
  path: '/rpc',
  headers: Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value])),
  rawHeaders: headers.flat(),
  ...change,
})

const hostileHosts = [
  'evil.test',
  '127.0.0.1.evil.test:5174',
  '127.0.0.1:5175',
  '127.0.0.1',
  '127.0.0.1.:5174',
  'LOCALHOST:5174',
  'user@127.0.0.1:5174',
  '0.0.0.0:5174',
  '2130706433:5174',
  '127.1:5174',
  '[::]:5174',
  '[::ffff:127.0.0.1]:5174',
  'localhost:5174 ',
  'localhost.:5174',
  '',
]

describe('Host', () => {
  it('lets the served names pass', () => {
    for (const host of ['127.0.0.1:5174', 'localhost:5174', '[::1]:5174']) {
      expect(refuseRequest(facts([['Host', host]]), port)).toBeUndefined()
    }
  })

  it.each(hostileHosts)('refuses "%s"', (host) => {
    expect(refuseRequest(facts([['Host', host]]), port)).toBe(421)
    expect(
      refuseUpgrade(
        facts([
          ['Host', host],
          ['Origin', `http://${host}`],
        ]),
        port,
      ),
    ).toBe(421)
  })

  it('refuses none and two', () => {
    expect(refuseRequest(facts([]), port)).toBe(421)
    expect(
      refuseRequest(
        facts([
          ['Host', '127.0.0.1:5174'],
          ['host', 'evil.test'],
        ]),
        port,
      ),
    ).toBe(421)
  })

  it('refuses pages of other sites', () => {
    for (const site of ['cross-site', 'same-site', 'nonsense']) {
      expect(
        refuseRequest(
          facts([
            ['Host', 'localhost:5174'],
            ['Sec-Fetch-Site', site],
          ]),
          port,
        ),
      ).toBe(403)
    }
  })
})

describe('Origin of an upgrade', () => {
  it.each([
    'null',
    'http://evil.test',
    'https://localhost:5174',
    'http://localhost:5175',
    'http://localhost',
    'http://127.0.0.1:5174',
    'http://sub.localhost:5174',
    '',
  ])('refuses "%s" on localhost', (origin) => {
    expect(
      refuseUpgrade(
        facts([
          ['Host', 'localhost:5174'],
          ['Origin', origin],
        ]),
        port,
      ),
    ).toBe(403)
  })

  it('admits exactly what the rule admits, over 10,000 combinations', () => {
    const anyHost = fc.constantFrom('127.0.0.1:5174', 'localhost:5174', '[::1]:5174', ...hostileHosts)
    const anyOrigin = fc.oneof(
      anyHost.map((host) => `http://${host}`),
      fc.constantFrom('null', 'https://localhost:5174', 'http://evil.test'),
    )
    const request = fc.record({
      host: fc.option(anyHost, { nil: undefined }),
      origin: fc.option(anyOrigin, { nil: undefined }),
      site: fc.option(fc.constantFrom('same-origin', 'none', 'cross-site', 'same-site'), { nil: undefined }),
      method: fc.constantFrom('GET', 'POST'),
      path: fc.constantFrom('/rpc', '/', '/rpc/', '//rpc'),
    })
    fc.assert(
      fc.property(request, ({ host, origin, site, method, path }) => {
        const said = { Host: host, Origin: origin, 'Sec-Fetch-Site': site }
        const headers = Object.entries(said).flatMap(([name, value]) =>
          value === undefined ? [] : [[name, value] as const],
        )
        const admitted =
          host !== undefined &&
          ['127.0.0.1:5174', 'localhost:5174', '[::1]:5174'].includes(host) &&
          origin === `http://${host}` &&
          (site === undefined || site === 'same-origin' || site === 'none') &&
          method === 'GET' &&
          path === '/rpc'
        expect(refuseUpgrade(facts(headers, { method, path }), port) === undefined).toBe(admitted)
      }),
      { numRuns: 10_000 },
    )
  })
})
