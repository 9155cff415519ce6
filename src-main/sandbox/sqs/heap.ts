/** A binary heap: the item of the lowest rank first. */
export class Heap<Item> {
  private readonly items: { readonly rank: number; readonly item: Item }[] = []

  get size(): number {
    return this.items.length
  }

  get first(): { readonly rank: number; readonly item: Item } | undefined {
    return this.items[0]
  }

  push(rank: number, item: Item): void {
    const { items } = this
    let at = items.push({ rank, item }) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (items[parent]!.rank <= items[at]!.rank) return
      this.swap(at, parent)
      at = parent
    }
  }

  pop(): Item | undefined {
    const { items } = this
    const top = items[0]
    const last = items.pop()
    if (top === undefined || last === undefined) return undefined
    if (items.length === 0) return top.item
    items[0] = last
    for (let at = 0; ; ) {
      const left = 2 * at + 1
      const right = left + 1
      let least = at
      if (left < items.length && items[left]!.rank < items[least]!.rank) least = left
      if (right < items.length && items[right]!.rank < items[least]!.rank) least = right
      if (least === at) return top.item
      this.swap(at, least)
      at = least
    }
  }

  clear(): void {
    this.items.length = 0
  }

  private swap(a: number, b: number): void {
    const kept = this.items[a]!
    this.items[a] = this.items[b]!
    this.items[b] = kept
  }
}
