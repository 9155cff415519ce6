import type { EnvironmentForm } from './environment-fields'

/** What the URL of a broker says, as changes to the form; null when it is none. */
export function fromUrl(text: string): Partial<EnvironmentForm> | null {
  let url: URL
  try {
    url = new URL(text.trim())
  } catch {
    return null
  }
  switch (url.protocol) {
    case 'redis:':
    case 'rediss:':
      return redisUrl(url)
    case 'amqp:':
    case 'amqps:':
      return amqpUrl(url)
    case 'http:':
    case 'https:':
      return queueUrl(url)
    default:
      return null
  }
}

const hostOf = (url: URL) => url.hostname.replace(/^\[|\]$/g, '') || '127.0.0.1'

function identityOf(url: URL): Partial<EnvironmentForm> {
  const password = decodeURIComponent(url.password)
  return {
    username: decodeURIComponent(url.username),
    ...(password !== '' && { secretKind: 'session' as const, secret: password }),
  }
}

const redisUrl = (url: URL): Partial<EnvironmentForm> => ({
  broker: 'redis',
  kind: 'single',
  host: hostOf(url),
  port: url.port || '6379',
  database: url.pathname.replace(/^\//, '') || '0',
  tls: url.protocol === 'rediss:',
  ...identityOf(url),
})

function amqpUrl(url: URL): Partial<EnvironmentForm> {
  const tls = url.protocol === 'amqps:'
  const vhost = decodeURIComponent(url.pathname.replace(/^\//, ''))
  return {
    broker: 'rabbitmq',
    rabbitHost: hostOf(url),
    rabbitPort: url.port || (tls ? '5671' : '5672'),
    managementUrl: tls ? `https://${url.hostname}:15671` : `http://${url.hostname}:15672`,
    vhosts: vhost,
    tls,
    ...identityOf(url),
  }
}

/** A queue's URL names its region, and itself. */
function queueUrl(url: URL): Partial<EnvironmentForm> | null {
  const region = /^sqs\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/.exec(url.hostname)?.[1]
  return region && /^\/\d{12}\/.+/.test(url.pathname)
    ? { broker: 'sqs', region, queues: `${url.origin}${url.pathname}` }
    : null
}
