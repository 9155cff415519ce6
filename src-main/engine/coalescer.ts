/**
 * Makes one call of many: what is asked during one turn of the event loop goes out together, in order, and each asker
 * gets its own answer. A lone ask waits for the end of its turn only, never for a timer.
 */
export class Coalescer<Item, Answer, Result = Answer> {
  private items: Item[] = []
  private resolves: ((result: Result) => void)[] = []
  private rejects: ((error: unknown) => void)[] = []
  private readonly flush = () => this.sendAll()

  constructor(
    private readonly options: {
      /** Answers in the order of `items`; when it rejects, each asker gets that error. */
      readonly send: (items: readonly Item[]) => Promise<readonly Answer[]>
      readonly most: number
      readonly tell: (answer: Answer, resolve: (result: Result) => void, reject: (error: unknown) => void) => void
    },
  ) {}

  ask(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.items.length === 0) setImmediate(this.flush)
      this.items.push(item)
      this.resolves.push(resolve)
      this.rejects.push(reject)
    })
  }

  private sendAll(): void {
    const { items, resolves, rejects } = this
    const { most } = this.options
    this.items = []
    this.resolves = []
    this.rejects = []
    if (items.length <= most) this.sendPiece(items, resolves, rejects)
    else
      for (let at = 0; at < items.length; at += most)
        this.sendPiece(items.slice(at, at + most), resolves.slice(at, at + most), rejects.slice(at, at + most))
  }

  private sendPiece(
    items: readonly Item[],
    resolves: readonly ((result: Result) => void)[],
    rejects: readonly ((error: unknown) => void)[],
  ): void {
    const { send, tell } = this.options
    send(items).then(
      (answers) => {
        for (let index = 0; index < resolves.length; index++) tell(answers[index]!, resolves[index]!, rejects[index]!)
      },
      (error: unknown) => {
        for (const reject of rejects) reject(error)
      },
    )
  }
}
