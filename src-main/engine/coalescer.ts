/**
 * Makes one call of many: what is asked during one turn of the event loop goes out together, in order, and each asker
 * gets its own answer. A lone ask waits for the end of its turn only, never for a timer.
 */
export class Coalescer<Item, Answer> {
  private items: Item[] = []
  private askers: { readonly resolve: (answer: Answer) => void; readonly reject: (error: unknown) => void }[] = []

  constructor(
    /** Answers in the order of `items`; when it rejects, each asker gets that error. */
    private readonly send: (items: readonly Item[]) => Promise<readonly Answer[]>,
    private readonly most: number,
  ) {}

  ask(item: Item): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.items.length === 0) setImmediate(() => this.flush())
      this.items.push(item)
      this.askers.push({ resolve, reject })
    })
  }

  private flush(): void {
    const { items, askers } = this
    this.items = []
    this.askers = []
    for (let at = 0; at < items.length; at += this.most) {
      const asked = askers.slice(at, at + this.most)
      this.send(items.slice(at, at + this.most)).then(
        (answers) => {
          for (let index = 0; index < asked.length; index++) asked[index]!.resolve(answers[index]!)
        },
        (error: unknown) => {
          for (const asker of asked) asker.reject(error)
        },
      )
    }
  }
}
