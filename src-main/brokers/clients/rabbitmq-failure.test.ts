import { describe, expect, it } from 'vitest'
import { amqpFailure, managementRefusal } from './rabbitmq-failure'

const about = { act: 'look into orders', where: 'broker:5672', queue: 'orders', vhost: '/' }

/** As amqplib 2.3 words what RabbitMQ closed a channel or a connection with. */
function closed(code: number, said: string): Error {
  return Object.assign(new Error(`Operation failed: BasicGet; ${code} (NAME) with message "${said}"`), { code })
}

describe('what RabbitMQ closes a channel for', () => {
  it.each([
    [closed(404, "NOT_FOUND - no queue 'orders' in vhost '/'"), 'gone', /orders is not there in \//],
    [closed(404, "NOT_FOUND - no exchange 'events' in vhost '/'"), 'not-found', /no exchange 'events'/],
    [closed(405, 'RESOURCE_LOCKED - cannot obtain exclusive access to locked queue'), 'denied', /orders is exclusive/],
    [closed(403, "ACCESS_REFUSED - access to queue 'orders' refused"), 'denied', /may not look into orders: access/],
    [closed(406, 'PRECONDITION_FAILED - unknown delivery tag 7'), 'changed', /took the messages back/],
    [
      closed(
        406,
        'PRECONDITION_FAILED - delivery acknowledgement on channel 1 timed out. Timeout value used: 1800000 ms',
      ),
      'changed',
      /took the messages back/,
    ],
    [
      closed(406, "PRECONDITION_FAILED - user_id property set to 'a' but authenticated user was 'b'"),
      'denied',
      /user_id property/,
    ],
    [closed(406, "PRECONDITION_FAILED - inequivalent arg 'x'"), 'conflict', /inequivalent arg/],
    [closed(311, 'CONTENT_TOO_LARGE - message size 200000000'), 'too-large', /no message of this size/],
    [
      closed(540, 'NOT_IMPLEMENTED - basic.get not supported by stream queues'),
      'unsupported',
      /not supported by stream/,
    ],
    [
      closed(320, "CONNECTION_FORCED - broker forced connection closure with reason 'shutdown'"),
      'unreachable',
      /shutdown/,
    ],
  ] as const)('%s', (error, code, words) => {
    const failure = amqpFailure(error, about)
    expect(failure.code).toBe(code)
    expect(failure.message).toMatch(words)
    if (code !== 'conflict' && code !== 'too-large' && code !== 'unsupported' && code !== 'unreachable')
      expect(failure.hint?.length).toBeGreaterThan(10)
  })
})

describe('the way to RabbitMQ', () => {
  it.each([
    [
      'Handshake terminated by server: 403 (ACCESS-REFUSED) with message "ACCESS_REFUSED - Login was refused"',
      undefined,
      'auth',
    ],
    ['Expected ConnectionOpenOk; got <ConnectionClose channel:0>', undefined, 'denied'],
    ['connect ECONNREFUSED 10.0.0.1:5672', 'ECONNREFUSED', 'unreachable'],
    ['getaddrinfo ENOTFOUND broker', 'ENOTFOUND', 'unreachable'],
    ['connect ETIMEDOUT', undefined, 'timeout'],
    ['Socket closed abruptly during opening handshake', undefined, 'unreachable'],
    ['Heartbeat timeout', undefined, 'timeout'],
    ['self-signed certificate', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'tls'],
    ['80:error:0A00010B:SSL routines:ssl3_get_record:wrong version number', 'EPROTO', 'tls'],
    ['Channel ended, no reply will be forthcoming', undefined, 'unreachable'],
  ])('%s', (message, code, expected) => {
    const failure = amqpFailure(Object.assign(new Error(message), code ? { code } : {}), about)
    expect(failure.code).toBe(expected)
    expect(failure.message).toMatch(/broker:5672|virtual host/)
    expect(failure.hint).toBeDefined()
  })
})

describe('what the management plugin refuses', () => {
  const refusal = (status: number, reason: string) =>
    managementRefusal(status, JSON.stringify({ error: 'not_authorised', reason }), { ...about, where: 'broker:15672' })

  it.each([
    [401, 'Login failed', 'auth', /user name or password/],
    [401, 'User can only log in via localhost', 'auth', /own machine only/],
    [401, 'Not management user', 'denied', /no tag management/],
    [401, 'Not monitor user', 'denied', /no tag monitoring/],
    [401, 'Not administrator user', 'denied', /no tag administrator/],
    [401, 'User not authorised to access object', 'denied', /no tag policymaker/],
    [401, 'User not authorised to access virtual host', 'denied', /virtual host \//],
    [404, 'Not Found', 'gone', /orders is not there/],
    [400, 'queue.purge not supported by stream queues', 'unsupported', /orders is a stream/],
    [400, 'cannot obtain exclusive access to locked queue', 'denied', /exclusive/],
    [500, 'whatever', 'broker-state', /answered 500.*whatever/],
  ])('%i %s', (status, reason, code, words) => {
    const failure = refusal(status, reason)
    expect(failure.code).toBe(code)
    expect(failure.message).toMatch(words)
  })

  it('is told even where it answers no JSON', () => {
    const failure = managementRefusal(502, '<html>Bad gateway</html>', { act: 'list queues', where: 'proxy:80' })
    expect(failure.message).toBe('proxy:80 answered 502 to “list queues”.')
  })
})
