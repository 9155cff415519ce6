/**
 * Two-way frames over any carrier, with a credit window: a sender may have at most `window` frames on the way that the
 * other side has not acknowledged; then its `send` waits. Without it a frozen reader lets the writer pile up frames
 * without bound. Frames are strings; '#n' acknowledges n frames, '!...' says that a frame was refused, anything else is data.
 *
 * States: open -> closed (by either side, or by the carrier's loss). Closed is final; a waiting send then rejects.
 */
export interface Carrier {
  send(frame: string): void
  onFrame(listener: (frame: unknown) => void): void
  onClose(listener: () => void): void
  close(): void
}

export interface DuplexEvents {
  data(frame: string): void
  /** The other side refused one of our frames; JSON with `code` and `message`. */
  refused?(frame: string): void
  close?(): void
}

/** Frames on the way at most, and how many arrivals are acknowledged at once. */
export const duplexWindow = 128
const acknowledgeEvery = 32

export class Duplex {
  private onTheWay = 0
  private arrived = 0
  private waiting: (() => void)[] = []
  private closed = false

  constructor(
    private readonly carrier: Carrier,
    private readonly events: DuplexEvents,
  ) {
    carrier.onFrame((frame) => this.receive(frame))
    carrier.onClose(() => this.end())
  }

  /** Resolves when the frame was handed to the carrier; waits for credit first. Rejects when closed. */
  async send(frame: string): Promise<void> {
    while (this.onTheWay >= duplexWindow && !this.closed) {
      await new Promise<void>((resolve) => this.waiting.push(resolve))
    }
    if (this.closed) throw new Error('the connection is closed')
    this.onTheWay += 1
    this.carrier.send(frame)
  }

  /** Tells the other side that a frame of its was refused; outside the window, since it answers one that was inside. */
  refuse(reason: { readonly code: string; readonly message: string }): void {
    if (!this.closed) this.carrier.send(`!${JSON.stringify(reason)}`)
  }

  close(): void {
    if (this.closed) return
    this.end()
    this.carrier.close()
  }

  private receive(frame: unknown): void {
    if (this.closed) return
    if (typeof frame !== 'string') {
      this.acknowledge()
      this.refuse({ code: 'bad-frame', message: 'a frame is a string' })
      return
    }
    if (frame.startsWith('#')) {
      const acknowledged = Number(frame.slice(1))
      // Credit is never more than what is on the way, whatever a peer claims.
      if (Number.isInteger(acknowledged) && acknowledged > 0) this.onTheWay = Math.max(0, this.onTheWay - acknowledged)
      if (this.onTheWay < duplexWindow) this.release()
      return
    }
    if (frame.startsWith('!')) {
      this.events.refused?.(frame.slice(1))
      return
    }
    this.events.data(frame)
    this.acknowledge()
  }

  private acknowledge(): void {
    this.arrived += 1
    if (this.arrived < acknowledgeEvery || this.closed) return
    this.carrier.send(`#${this.arrived}`)
    this.arrived = 0
  }

  private release(): void {
    const waiting = this.waiting
    this.waiting = []
    for (const resolve of waiting) resolve()
  }

  private end(): void {
    if (this.closed) return
    this.closed = true
    this.release()
    this.events.close?.()
  }
}
