/**
 * Makes one call of many, in order, and each asker gets its own answer. With no call under way, what is asked goes out as soon
 * as the code that asks has come to its end; meanwhile, what is asked during one turn of the event loop goes out together at
 * its end. No ask waits for a timer, or for the answer of another.
 */
export class Coalescer<Item, Answer, Result = Answer> {
  private items: Item[] = []
  private resolves: ((result: Result) => void)[] = []
  private rejects: ((error: unknown) => void)[] = []
  private underWay = 0
  private readonly flush = () => this.sendAll()

  constructor(
    private readonly options: {
      /** Answers in the order of `items`; when it rejects, each asker gets that error. */
      readonly send: (items: readonly Item[]) => Promise<readonly Answer[]>
      /** Of one call, by weight. */
      readonly most: number
      /** What is heavier than a call may be goes by itself. Default: each weighs 1. */
      readonly weightOf?: (item: Item) => number
      readonly tell: (answer: Answer, resolve: (result: Result) => void, reject: (error: unknown) => void) => void
    },
  ) {}

  ask(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.items.length === 0) {
        if (this.underWay === 0) process.nextTick(this.flush)
        else setImmediate(this.flush)
      }
      this.items.push(item)
      this.resolves.push(resolve)
      this.rejects.push(reject)
    })
  }

  private sendAll(): void {
    const { items, resolves, rejects } = this
    this.items = []
    this.resolves = []
    this.rejects = []
    let from = 0
    for (const to of this.endsOfPieces(items)) {
      if (from === 0 && to === items.length) this.sendPiece(items, resolves, rejects)
      else this.sendPiece(items.slice(from, to), resolves.slice(from, to), rejects.slice(from, to))
      from = to
    }
  }

  private endsOfPieces(items: readonly Item[]): readonly number[] {
    const { most, weightOf } = this.options
    const ends: number[] = []
    let weight = 0
    for (let index = 0; index < items.length; index++) {
      const own = weightOf === undefined ? 1 : weightOf(items[index]!)
      if (weight > 0 && weight + own > most) {
        ends.push(index)
        weight = 0
      }
      weight += own
    }
    ends.push(items.length)
    return ends
  }

  private sendPiece(
    items: readonly Item[],
    resolves: readonly ((result: Result) => void)[],
    rejects: readonly ((error: unknown) => void)[],
  ): void {
    const { send, tell } = this.options
    this.underWay++
    send(items).then(
      (answers) => {
        this.underWay--
        for (let index = 0; index < resolves.length; index++) tell(answers[index]!, resolves[index]!, rejects[index]!)
      },
      (error: unknown) => {
        this.underWay--
        for (const reject of rejects) reject(error)
      },
    )
  }
}
