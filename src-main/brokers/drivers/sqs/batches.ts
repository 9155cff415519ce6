/** Source: SendMessageBatch, DeleteMessageBatch, ChangeMessageVisibilityBatch. */
const mostEntries = 10
export const mostBatchBytes = 1_048_576

/** In order, at most ten and one mebibyte in each. */
export function inBatches<Item>(
  items: readonly Item[],
  bytesOf: (item: Item) => number = () => 0,
): readonly (readonly Item[])[] {
  const batches: Item[][] = []
  let bytes = 0
  for (const item of items) {
    const own = bytesOf(item)
    const last = batches.at(-1)
    if (last && last.length < mostEntries && bytes + own <= mostBatchBytes) {
      last.push(item)
      bytes += own
    } else {
      batches.push([item])
      bytes = own
    }
  }
  return batches
}

/** What became of each batch, in order; at most `atOnce` are under way at a time. */
export async function eachBatch<Item, Answer>(
  batches: readonly (readonly Item[])[],
  atOnce: number,
  act: (batch: readonly Item[]) => Promise<Answer>,
): Promise<readonly PromiseSettledResult<Answer>[]> {
  const results: PromiseSettledResult<Answer>[] = []
  let next = 0
  const lane = async () => {
    for (let index = next++; index < batches.length; index = next++) {
      const [result] = await Promise.allSettled([act(batches[index]!)])
      results[index] = result
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, batches.length) }, lane))
  return results
}
