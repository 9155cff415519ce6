import { Failure } from '../failure'

/** What a redis:// or rediss:// URL says. `password` is null when the URL has none. */
export interface RedisUrl {
  readonly host: string
  readonly port: number
  readonly database: number
  readonly username: string | null
  readonly password: string | null
  readonly tls: boolean
}

/** Reads `redis[s]://[user[:password]@]host[:port][/database]`. Throws Failure 'bad-input'; the message never repeats the URL, which may hold a password. */
export function parseRedisUrl(text: string): RedisUrl {
  const refuse = (message: string) =>
    new Failure({
      code: 'bad-input',
      message,
      hint: 'Write it as redis://host:6379/0, or rediss:// for TLS.',
      subject: 'url',
    })
  let url: URL
  try {
    url = new URL(text.trim())
  } catch {
    throw refuse('This is not a URL.')
  }
  if (url.protocol !== 'redis:' && url.protocol !== 'rediss:')
    throw refuse(`A Redis URL starts with redis:// or rediss://, not ${url.protocol}//.`)
  if (!url.hostname) throw refuse('The URL names no host.')
  const path = url.pathname.replace(/^\//, '')
  const database = path === '' ? 0 : Number(path)
  if (!Number.isInteger(database) || database < 0 || database > 1023)
    throw refuse('The path of the URL is the database: a number from 0 to 1023.')
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? 6379 : Number(url.port),
    database,
    username: url.username === '' ? null : decodeURIComponent(url.username),
    password: url.password === '' ? null : decodeURIComponent(url.password),
    tls: url.protocol === 'rediss:',
  }
}
