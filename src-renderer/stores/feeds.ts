import type { QueueKey } from '@shared/model/queue'
import type { Sample } from '@shared/model/sample'
import type { Client } from '@shared/rpc/contract'
import { applyFeed, createFeed, type Feed, mergeWindow, windowMs } from './feed'
import { keepStream } from './stream'

/** How long a feed lives on after its last screen left: going back and forth costs no new snapshot. */
const lingerMs = 10_000
/** Points asked of history for a window of ten minutes: one a second. */
const windowPoints = 600

/** Live feeds by environment, each open only while somebody looks. */
export class Feeds {
  readonly #client: Client
  readonly #open = new Map<
    string,
    { readonly feed: Feed; users: number; stop: (() => void) | null; windows: Map<QueueKey, number> }
  >()

  constructor(client: Client) {
    this.#client = client
  }

  /** The feed of an environment, with the last data if there are any; it moves only while `use` holds it. */
  of(environmentId: string): Feed {
    return this.#entry(environmentId).feed
  }

  /** Returns the release. */
  use(environmentId: string): () => void {
    const entry = this.#entry(environmentId)
    entry.users++
    entry.stop ??= keepStream({
      open: (signal) => this.#client.queues.feed({ environmentId }, { signal }),
      onItem: (event) => entry.feed.setState((state) => applyFeed(state, event), true),
      onTrouble: (trouble) => entry.feed.setState({ trouble }),
    })
    return once(() => {
      entry.users--
      setTimeout(() => {
        if (entry.users > 0) return
        entry.stop?.()
        entry.stop = null
      }, lingerMs)
    })
  }

  /** Keeps the last ten minutes of a queue, history first; returns the release. */
  watch(environmentId: string, queue: QueueKey): () => void {
    const entry = this.#entry(environmentId)
    const users = (entry.windows.get(queue) ?? 0) + 1
    entry.windows.set(queue, users)
    if (users === 1) {
      setWindow(entry.feed, queue, [])
      void this.#fillWindow(environmentId, queue)
    }
    return once(() => {
      const left = (entry.windows.get(queue) ?? 1) - 1
      if (left > 0) return void entry.windows.set(queue, left)
      entry.windows.delete(queue)
      entry.feed.setState(({ windows }) => ({ windows: new Map([...windows].filter(([key]) => key !== queue)) }))
    })
  }

  async #fillWindow(environmentId: string, queue: QueueKey): Promise<void> {
    const to = Date.now()
    const from = to - windowMs
    try {
      const series = await this.#client.queues.history({ environmentId, queue, from, to, points: windowPoints })
      const { feed, windows } = this.#entry(environmentId)
      if (windows.has(queue))
        setWindow(feed, queue, mergeWindow(series.samples, feed.getState().windows.get(queue) ?? []))
    } catch {
      // Without history the chart begins now; the feed says what is wrong with the connection.
    }
  }

  #entry(environmentId: string) {
    let entry = this.#open.get(environmentId)
    if (!entry) {
      entry = { feed: createFeed(), users: 0, stop: null, windows: new Map() }
      this.#open.set(environmentId, entry)
    }
    return entry
  }
}

const setWindow = (feed: Feed, queue: QueueKey, window: readonly Sample[]) =>
  feed.setState(({ windows }) => ({ windows: new Map(windows).set(queue, window) }))

function once(perform: () => void): () => void {
  let done = false
  return () => {
    if (done) return
    done = true
    perform()
  }
}
