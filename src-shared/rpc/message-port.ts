import type { Carrier } from './duplex'

/** What a DOM MessagePort and a worker_threads port have in common. */
export interface DomLikePort {
  postMessage(message: unknown): void
  addEventListener(type: 'message' | 'close', listener: (event: { readonly data?: unknown }) => void): void
  start(): void
  close(): void
}

/** What Electron's MessagePortMain offers instead. */
export interface EmitterPort {
  postMessage(message: unknown): void
  on(type: 'message' | 'close', listener: (event: { readonly data: unknown }) => void): unknown
  start(): void
  close(): void
}

/**
 * The carrier over a MessagePort of any of the three kinds. A DOM port gives no sign when the other side closes:
 * whoever owns the window closes the channel when the page goes.
 */
export function messagePortCarrier(port: DomLikePort | EmitterPort): Carrier {
  const listen = (type: 'message' | 'close', listener: (event: { readonly data?: unknown }) => void) => {
    if ('addEventListener' in port) port.addEventListener(type, listener)
    else port.on(type, listener)
  }
  let started = false
  return {
    send: (frame) => port.postMessage(frame),
    onFrame(listener) {
      listen('message', (event) => listener(event.data))
      if (!started) port.start()
      started = true
    },
    onClose: (listener) => listen('close', listener),
    close: () => port.close(),
  }
}
