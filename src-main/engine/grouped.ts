/** The places of `items` in their list, by what `keyOf` says of each; keys in order of first appearance. */
export function placesBy<Item, Key>(
  items: readonly Item[],
  keyOf: (item: Item) => Key,
): ReadonlyMap<Key, readonly number[]> {
  const places = new Map<Key, number[]>()
  items.forEach((item, index) => {
    const key = keyOf(item)
    const own = places.get(key)
    if (own) own.push(index)
    else places.set(key, [index])
  })
  return places
}

/** Makes one call per key, and puts the answers in the order of `items`. */
export async function perKey<Item, Key, Answer>(
  items: readonly Item[],
  keyOf: (item: Item) => Key,
  ask: (key: Key, own: readonly Item[], places: readonly number[]) => Promise<readonly Answer[]>,
): Promise<readonly Answer[]> {
  const answers: Answer[] = []
  await Promise.all(
    [...placesBy(items, keyOf)].map(async ([key, places]) => {
      const own = await ask(
        key,
        places.map((index) => items[index]!),
        places,
      )
      places.forEach((index, at) => {
        answers[index] = own[at]!
      })
    }),
  )
  return answers
}
