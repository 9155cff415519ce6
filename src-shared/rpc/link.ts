import { ClientRetryPlugin } from '@orpc/client/plugins'
import { StandardRPCLink, type StandardRPCLinkOptions } from '@orpc/client/standard'
import { ClientPeer } from '@orpc/standard-server-peer'
import { type Carrier, Duplex } from './duplex'

export interface LinkOptions {
  /** Opens a fresh carrier; called again after a loss. */
  readonly open: () => Promise<Carrier>
  /** Streams are subscribed again after a loss; calls are never sent twice. */
  readonly isStream: (path: readonly string[]) => boolean
  readonly onStatus?: (status: 'connecting' | 'open' | 'lost') => void
  /** Pause before a stream tries again, milliseconds. */
  readonly retryDelayMs?: number
}

type NoContext = Record<never, never>

/**
 * The caller's end: one stable link over carriers that come and go. What is pending when a carrier is lost fails;
 * streams then re-subscribe and tell the last event they saw.
 */
export function duplexLink(options: LinkOptions): StandardRPCLink<NoContext> {
  const connection = reconnecting(options)
  const retry = new ClientRetryPlugin({
    default: {
      retry: (attempt: { readonly path: readonly string[] }) =>
        options.isStream(attempt.path) ? Number.POSITIVE_INFINITY : 0,
      retryDelay: options.retryDelayMs ?? 1_000,
    },
  })
  const linkOptions: StandardRPCLinkOptions<NoContext> = {
    url: 'http://orpc',
    plugins: [retry as unknown as NonNullable<StandardRPCLinkOptions<NoContext>['plugins']>[number]],
  }
  return new StandardRPCLink<NoContext>(
    {
      async call(request) {
        const peer = await connection()
        const response = await peer.request(request)
        return { ...response, body: () => Promise.resolve(response.body) }
      },
    },
    linkOptions,
  )
}

function reconnecting(options: LinkOptions): () => Promise<ClientPeer> {
  let current: Promise<ClientPeer> | undefined
  const connect = async () => {
    options.onStatus?.('connecting')
    const carrier = await options.open()
    const peer: ClientPeer = new ClientPeer((message) => duplex.send(String(message)))
    const duplex: Duplex = new Duplex(carrier, {
      data: (frame) => void peer.message(frame).catch(() => {}),
      close: () => {
        current = undefined
        options.onStatus?.('lost')
        peer.close({ reason: new Error('the connection to the console was lost') })
      },
    })
    options.onStatus?.('open')
    return peer
  }
  return () => {
    current ??= connect().catch((error: unknown) => {
      current = undefined
      options.onStatus?.('lost')
      throw error
    })
    return current
  }
}
