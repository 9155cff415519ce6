import type { Carrier } from './duplex'

/** What the browser's WebSocket and the `ws` package's have in common. */
export interface SocketLike {
  readonly readyState: number
  send(data: string): void
  close(): void
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void
  addEventListener(type: 'close', listener: () => void): void
}

const open = 1

/** The carrier over an open WebSocket, in the browser or in Node. */
export function webSocketCarrier(socket: SocketLike): Carrier {
  return {
    send(frame) {
      // A socket that is closing swallows frames; the close event follows and ends what waits.
      if (socket.readyState === open) socket.send(frame)
    },
    onFrame: (listener) => socket.addEventListener('message', (event) => listener(event.data)),
    onClose: (listener) => socket.addEventListener('close', () => listener()),
    close: () => socket.close(),
  }
}
