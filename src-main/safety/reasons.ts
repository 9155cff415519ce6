import type { ItemOutcome } from '../brokers/remedies'

/** Different reasons that are told; the others are counted as such. */
const mostTold = 3
const longestReason = 300

const words: Readonly<Record<Exclude<ItemOutcome['outcome'], 'applied'>, string>> = {
  failed: 'failed',
  unknown: 'of unknown outcome',
  changed: 'left alone',
  gone: 'left alone',
}

/** Why messages of a run were not done, gathered batch by batch and told in one note at its end. */
export class Reasons {
  private readonly counts = new Map<string, number>()

  add(outcomes: readonly ItemOutcome[]): void {
    for (const each of outcomes) {
      if (each.outcome === 'applied') continue
      const why = each.outcome === 'gone' ? 'no longer there, or no longer in that state' : each.reason
      const reason = `${words[each.outcome]}: ${why.slice(0, longestReason)}`
      // A reason may name its message: not each of a million is worth keeping.
      if (this.counts.has(reason) || this.counts.size < 100) this.counts.set(reason, (this.counts.get(reason) ?? 0) + 1)
    }
  }

  /** "3 failed: the key may not be used. 1 left alone: …"; null: all were done. */
  note(): string | null {
    const told = [...this.counts].sort(([, a], [, b]) => b - a)
    if (told.length === 0) return null
    const sentences = told
      .slice(0, mostTold)
      .map(([reason, count]) => `${count.toLocaleString('en-US')} ${ended(reason)}`)
    return [...sentences, ...(told.length > mostTold ? ['Others for other reasons.'] : [])].join(' ')
  }
}

const ended = (sentence: string): string => (/[.!?]$/.test(sentence) ? sentence : `${sentence}.`)
