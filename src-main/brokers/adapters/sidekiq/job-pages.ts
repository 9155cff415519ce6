import type { MessagePage } from '@shared/model/message'
import { Listings, pageOf } from '../element-pages'
import { jidOf, jobOf } from './job'
import { ShownJids } from './job-id'
import type { Place } from './places'
import { rowOf } from './rows'
import type { SeenJobs } from './seen-jobs'

/** Rows of a list or a set by pages. */
export class JobPages {
  private readonly listings = new Listings()
  private readonly shown = new ShownJids()

  constructor(private readonly seen: SeenJobs) {}

  /** A cursor is the listing's token and the place in it, with a space between. */
  async of(
    place: Place,
    { cursor, limit }: { readonly cursor: string | null; readonly limit: number },
  ): Promise<MessagePage> {
    const space = cursor?.indexOf(' ') ?? -1
    const page = await pageOf(place.sequence, this.listings, { cursor: cursor?.slice(space + 1) ?? null, limit })
    const token = cursor === null ? this.shown.begin() : cursor.slice(0, Math.max(0, space))
    const jobs = page.elements.map((element) => {
      const job = jobOf(element.bytes)
      return { ...element, job, jid: jidOf(job) }
    })
    const ids = this.shown.idsOf(token, jobs)
    jobs.forEach((job, index) => {
      this.seen.remember(place.key, ids[index]!, { ...job, length: page.total })
    })
    return {
      items: jobs.map(({ job, score }, index) =>
        rowOf({ id: ids[index]!, job, state: place.state, score: score === null ? null : Number(score) }),
      ),
      nextCursor: page.nextCursor === null ? null : `${token} ${page.nextCursor}`,
      total: page.total,
    }
  }
}
