/** Names tried of one shape before it is believed to hold no queues, and how seldom it is tried after that. */
const triesPerShape = 64
const oneIn = 64
/** Shapes that are remembered; beyond, names are tried one in 64. */
const mostShapes = 20_000
/** Shapes of one kind (first part, number of parts) without any queue, before others of that kind are tried one in 64 too. */
const shapesPerKind = 1_000

/**
 * Learns which shapes of key names are worth asking the server about: of a million "session:8c1f…" keys the first 64 tell that the
 * others are no lists either. A queue that hides among more than 64 strangers of a like name is found when its turn of one in 64
 * comes, in this walk or a later one, or is named by hand.
 */
export class KeyShapes {
  private readonly shapes = new Map<string, { asked: number; hits: number }>()
  private readonly kinds = new Map<string, { shapes: number; hits: number }>()
  private turn = 0

  isWorthAsking(key: string): boolean {
    const name = shapeOf(key)
    const shape = this.shapes.get(name)
    if (shape ? shape.hits > 0 || shape.asked < triesPerShape : this.isNewWorthAsking(name)) return true
    this.turn += 1
    return this.turn % oneIn === 0
  }

  learn(key: string, isHit: boolean): void {
    const name = shapeOf(key)
    const kind = this.kindOf(name)
    if (isHit) kind.hits += 1
    let shape = this.shapes.get(name)
    if (!shape) {
      if (this.shapes.size >= mostShapes && !isHit) return
      shape = { asked: 0, hits: 0 }
      this.shapes.set(name, shape)
      kind.shapes += 1
    }
    shape.asked += 1
    if (isHit) shape.hits += 1
  }

  /** Names of people, say, hold no digits, and each is a shape of its own. */
  private isNewWorthAsking(shape: string): boolean {
    const { shapes, hits } = this.kindOf(shape)
    return this.shapes.size < mostShapes && (hits > 0 || shapes < shapesPerKind)
  }

  private kindOf(shape: string) {
    const name = kindNameOf(shape)
    let kind = this.kinds.get(name)
    if (!kind) {
      kind = { shapes: 0, hits: 0 }
      if (this.kinds.size < mostShapes) this.kinds.set(name, kind)
    }
    return kind
  }
}

/** Of a name only so much is looked at. */
const longestName = 200

/**
 * Pure: "user:8123:cart-9f3ab2c4d1" becomes "user:#:#". A run is what letters, digits, "-" and "_" make; one of eight or more that
 * holds a digit is any, and in a shorter one its digits are.
 */
export function shapeOf(key: string): string {
  const end = Math.min(key.length, longestName)
  let shape = ''
  let at = 0
  while (at < end) {
    const start = at
    let digits = false
    for (; at < end; at += 1) {
      const code = key.charCodeAt(at)
      if (isDigit(code)) digits = true
      else if (!isInRun(code)) break
    }
    if (at === start) {
      shape += key[at]
      at += 1
    } else if (!digits) shape += key.slice(start, at)
    else shape += at - start >= 8 ? '#' : key.slice(start, at).replace(/\d+/g, '#')
  }
  return shape
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57

/** A letter, "-" or "_". */
const isInRun = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 45 || code === 95

function kindNameOf(shape: string): string {
  const first = shape.indexOf(':')
  if (first < 0) return ''
  let parts = 1
  for (let colon = first; colon >= 0; colon = shape.indexOf(':', colon + 1)) parts += 1
  return `${shape.slice(0, first)} ${parts}`
}
