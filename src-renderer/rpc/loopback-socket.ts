import type { Carrier } from '@shared/rpc/duplex'
import { webSocketCarrier } from '@shared/rpc/web-socket'

/** Where the token outlives a reload of this tab, and no longer than the tab. */
const tokenKey = 'queuescope-token'
/** The server's close code for "not admitted". */
const notAdmitted = 4401
/** Between two tries, milliseconds. */
const retryMs = 1_000

let lastTryAt = Number.NEGATIVE_INFINITY

/**
 * A socket to the core that served this page, admitted by the one-time code of the URL's fragment or by the token that it
 * was exchanged for. `onEnded` is called when neither is good: a new start of the console has a new token.
 */
export async function socketCarrier(onEnded: () => void): Promise<Carrier> {
  await untilNextTry()
  const secret = firstFrame()
  if (!secret) {
    onEnded()
    throw new Error('no token')
  }
  const socket = new WebSocket(`ws://${window.location.host}/rpc`)
  await admitted(socket, secret, onEnded)
  return webSocketCarrier(socket)
}

function firstFrame(): string | undefined {
  const code = new URLSearchParams(window.location.hash.slice(1)).get('code')
  if (code) {
    // Out of the address bar and the history at once: it is good for one use only.
    window.history.replaceState(null, '', `${window.location.pathname}#/`)
    return JSON.stringify({ code })
  }
  const token = window.sessionStorage.getItem(tokenKey)
  return token ? JSON.stringify({ token }) : undefined
}

function admitted(socket: WebSocket, secret: string, onEnded: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.addEventListener('open', () => socket.send(secret), { once: true })
    socket.addEventListener(
      'message',
      (event: MessageEvent<string>) => {
        window.sessionStorage.setItem(tokenKey, (JSON.parse(event.data) as { token: string }).token)
        resolve()
      },
      { once: true },
    )
    socket.addEventListener(
      'close',
      (event) => {
        if (event.code === notAdmitted) onEnded()
        reject(new Error('the socket was closed'))
      },
      { once: true },
    )
  })
}

async function untilNextTry(): Promise<void> {
  const wait = lastTryAt + retryMs - performance.now()
  if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
  lastTryAt = performance.now()
}
