interface WaitingClient {
  brpoplpush(from: string, to: string, seconds: number, ...callback: readonly unknown[]): unknown
  blmove(
    from: string,
    to: string,
    end: 'RIGHT',
    start: 'LEFT',
    seconds: number,
    ...callback: readonly unknown[]
  ): unknown
}

/** Bull and bee-queue wait by BRPOPLPUSH; the sandbox's Redis knows only the command that took its place. `queue` has the client that waits. */
export function waitByMove(queue: unknown): void {
  const { bclient } = queue as { readonly bclient: WaitingClient }
  bclient.brpoplpush = (from, to, seconds, ...callback) =>
    bclient.blmove(from, to, 'RIGHT', 'LEFT', seconds, ...callback)
}
