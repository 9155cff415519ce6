/** Groups items as they come: at most `count` and about `bytes` a group, so that neither many nor large ones pile up in memory. */
export async function* inBatches<T>(
  items: AsyncIterable<T> | Iterable<T>,
  bounds: { readonly count: () => number; readonly bytes: number },
  sizeOf: (item: T) => number,
): AsyncGenerator<readonly T[]> {
  let batch: T[] = []
  let bytes = 0
  for await (const item of items) {
    batch.push(item)
    bytes += sizeOf(item)
    if (batch.length < bounds.count() && bytes < bounds.bytes) continue
    yield batch
    batch = []
    bytes = 0
  }
  if (batch.length > 0) yield batch
}
