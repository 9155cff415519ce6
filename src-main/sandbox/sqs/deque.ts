/** A queue that gives its first items back in constant time on average, unlike an array's shift. */
export class Deque<Item> {
  private items: (Item | undefined)[] = []
  private head = 0

  get size(): number {
    return this.items.length - this.head
  }

  push(item: Item): void {
    this.items.push(item)
  }

  /** The item that is `index` behind the first. */
  at(index: number): Item | undefined {
    return this.items[this.head + index]
  }

  shift(): Item | undefined {
    if (this.size === 0) return undefined
    const item = this.items[this.head]
    this.items[this.head++] = undefined
    if (this.head > 1_024 && this.head * 2 > this.items.length) {
      this.items = this.items.slice(this.head)
      this.head = 0
    }
    return item
  }

  clear(): void {
    this.items = []
    this.head = 0
  }
}
