import { Agent as HttpAgent, type IncomingMessage, type OutgoingHttpHeaders, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { Failure } from '@shared/failure'
import { systemClock } from '../../runtime/clock'
import { explainWay, managementRefusal, notManagement } from './rabbitmq-failure'

/** Where and as whom to ask. The password is here and in the header, and nowhere else. */
export interface ManagementTarget {
  /** "http://host:15672", with a path where the plugin has a path prefix. */
  readonly url: string
  readonly username: string
  readonly password: string
  readonly tls: { readonly ca: string | null; readonly verify: boolean } | null
}

export interface Asked {
  /** As a person would say it: "list queues". */
  readonly act: string
  readonly queue?: string
  readonly vhost?: string
  readonly body?: unknown
}

/** An answer is waited for this long, milliseconds, and read up to this many bytes: about 200,000 queues. */
const answerWithinMs = 15_000
const mostBytes = 64 * 1024 * 1024

/** RabbitMQ's management API. Throws Failures in words; `onTrouble` hears of each that the way or the login is to blame for. */
export class RabbitmqManagement {
  /** "host:port", for messages. */
  readonly where: string
  onTrouble: (failure: Failure) => void = () => {}
  private readonly base: URL
  private readonly agent: HttpAgent | HttpsAgent
  private readonly authorization: string

  constructor({ url, username, password, tls }: ManagementTarget) {
    this.base = new URL(url)
    this.where = this.base.host
    this.authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
    const common = { keepAlive: true, maxSockets: 4 }
    this.agent =
      this.base.protocol === 'https:'
        ? new HttpsAgent({
            ...common,
            rejectUnauthorized: tls?.verify ?? true,
            ...(tls?.ca ? { ca: tls.ca } : {}),
          })
        : new HttpAgent(common)
  }

  /** `path` stands below /api and is encoded already, with `inPath`. */
  async get(path: string, asked: Asked): Promise<unknown> {
    return await this.ask('GET', path, asked)
  }

  async send(method: 'PUT' | 'POST' | 'DELETE', path: string, asked: Asked): Promise<unknown> {
    return await this.ask(method, path, asked)
  }

  /** The same where a refusal is an answer too, like a health check's 503. Only the way there can fail. */
  async status(path: string, act: string): Promise<{ readonly status: number; readonly body: unknown }> {
    const { status, text } = await this.exchange('GET', path, { act })
    return { status, body: parsed(text) }
  }

  close(): void {
    this.agent.destroy()
  }

  private async ask(method: string, path: string, asked: Asked): Promise<unknown> {
    const { status, text } = await this.exchange(method, path, asked)
    if (status >= 200 && status < 300) {
      if (text === '') return null
      const answer = parsed(text)
      if (answer === undefined) throw notManagement(this.where)
      return answer
    }
    const refusal = managementRefusal(status, text, { ...asked, where: this.where })
    if (refusal.code === 'auth') this.onTrouble(refusal)
    throw refusal
  }

  private async exchange(
    method: string,
    path: string,
    { act, body }: Asked,
  ): Promise<{ readonly status: number; readonly text: string }> {
    try {
      return await this.request(method, path, body).catch((error: unknown) => {
        // The plugin closes a connection that was quiet for a minute, perhaps just when it is used again.
        if (method === 'GET' && error instanceof QuietConnectionClosed) return this.request(method, path, body)
        throw error
      })
    } catch (error) {
      if (error instanceof Failure) throw error
      const { message, code = '' } = error as NodeJS.ErrnoException
      const failure = new Failure(
        /HPE_|Parse Error/.test(`${code} ${message}`)
          ? notManagement(this.where).view()
          : explainWay(message, code, this.where),
        { cause: new Error(`${act}: ${code} ${message}`) },
      )
      this.onTrouble(failure)
      throw failure
    }
  }

  private request(
    method: string,
    path: string,
    body: unknown,
  ): Promise<{ readonly status: number; readonly text: string }> {
    const secure = this.base.protocol === 'https:'
    const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body))
    const headers: OutgoingHttpHeaders = { authorization: this.authorization, accept: 'application/json' }
    if (payload) {
      headers['content-type'] = 'application/json'
      headers['content-length'] = payload.byteLength
    }
    return new Promise((resolve, reject) => {
      const outgoing = (secure ? requestHttps : requestHttp)(
        {
          // An IPv6 host stands in brackets in a URL, and without them here.
          hostname: this.base.hostname.replace(/^\[|\]$/g, ''),
          port: this.base.port || (secure ? 443 : 80),
          path: `${this.base.pathname.replace(/\/+$/, '')}/api${path}`,
          method,
          headers,
          agent: this.agent,
        },
        (answer) => readBounded(answer).then((text) => resolve({ status: answer.statusCode ?? 0, text }), reject),
      )
      const cancel = systemClock.after(answerWithinMs, () => outgoing.destroy(new Error('timed out')))
      outgoing.once('error', (error: NodeJS.ErrnoException) => {
        reject(outgoing.reusedSocket && error.code === 'ECONNRESET' ? new QuietConnectionClosed(error.message) : error)
      })
      outgoing.once('close', cancel)
      outgoing.end(payload)
    })
  }
}

class QuietConnectionClosed extends Error {
  readonly code = 'ECONNRESET'
}

/**
 * A name as a part of a path: the virtual host / is %2F. A name of dots alone is taken for a folder by the plugin, however it is
 * written, and the answer would be about something else.
 */
export function inPath(name: string): string {
  if (name === '.' || name === '..') {
    throw new Failure({
      code: 'unsupported',
      message: `RabbitMQ’s management plugin cannot be asked about something that is named “${name}”.`,
      hint: 'It is counted in the list, and nothing more.',
      subject: name,
    })
  }
  return encodeURIComponent(name)
}

async function readBounded(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > mostBytes) {
      answer.destroy()
      throw new Failure({
        code: 'too-large',
        message: 'The management plugin’s answer is larger than 64 MiB.',
        hint: 'Name the virtual hosts to look at in the environment.',
      })
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
