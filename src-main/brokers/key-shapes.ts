/** Names tried of one shape before it is believed to hold no queues, and how seldom it is tried after that. */
const triesPerShape = 64
const oneIn = 64
/** Shapes that are remembered; beyond, names are tried one in 64. */
const mostShapes = 20_000

/**
 * Learns which shapes of key names are worth asking the server about: of a million "session:8c1f…" keys the first 64 tell that the
 * others are no lists either. A queue that hides among more than 64 strangers of a like name is found when its turn of one in 64
 * comes, in this walk or a later one, or is named by hand.
 */
export class KeyShapes {
  private readonly shapes = new Map<string, { asked: number; hits: number }>()
  private turn = 0

  isWorthAsking(key: string): boolean {
    const shape = this.shapes.get(shapeOf(key))
    if (shape ? shape.hits > 0 || shape.asked < triesPerShape : this.shapes.size < mostShapes) return true
    this.turn += 1
    return this.turn % oneIn === 0
  }

  learn(key: string, isHit: boolean): void {
    const name = shapeOf(key)
    const shape = this.shapes.get(name) ?? { asked: 0, hits: 0 }
    if (!this.shapes.has(name)) {
      if (this.shapes.size >= mostShapes && !isHit) return
      this.shapes.set(name, shape)
    }
    shape.asked += 1
    if (isHit) shape.hits += 1
  }
}

/** Pure: "user:8123:cart-9f3ab2c4d1" becomes "user:#:cart-#": digits, and runs of eight or more that hold a digit, are any. */
export const shapeOf = (key: string): string =>
  key
    .slice(0, 200)
    .replace(/[0-9a-zA-Z_-]*\d[0-9a-zA-Z_-]*/g, (run) => (run.length >= 8 ? '#' : run.replace(/\d+/g, '#')))
