/** What the comparison asks of an engine; each peer answers with its documented settings. */
export interface Peer {
  readonly name: string
  open(port: number, queue: string): Promise<OpenPeer>
}

export interface OpenPeer {
  /** Resolves when the server has confirmed it. `id`: chosen by the sender. */
  add(n: number, id?: string): Promise<unknown>
  /** A lock or lease of `lockMs`, looked after twice as often. */
  work(handler: (n: number) => Promise<void>, options: { readonly concurrency: number; readonly lockMs: number }): void
  /** Messages in the queue in whatever state, and those that were given up. */
  left(): Promise<{ readonly waiting: number; readonly givenUp: number }>
  close(): Promise<void>
}
