import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { systemClock } from '../../runtime/clock'

export interface ProgramStart {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd?: string
  /** Besides this process's own. */
  readonly env?: Readonly<Record<string, string>>
}

/** How much of what a program printed is kept for the error that names it, characters. */
const printedLimit = 8_000
/** After it was asked to end; then it is killed. */
const endWithinMs = 5_000

/** A program of a test's own, a real worker say: what it prints is kept, and it ends by its process, never by name. */
export class TestProgram {
  protected readonly child: ChildProcessWithoutNullStreams
  private printedText = ''
  private ended = false

  constructor(private readonly start: ProgramStart) {
    const { command, args, cwd, env } = start
    this.child = spawn(command, [...args], { ...(cwd !== undefined && { cwd }), env: { ...process.env, ...env } })
    this.child.stderr.on('data', (chunk: Buffer) => this.keep(chunk))
    // A pipe to a program that has ended is told by its exit.
    this.child.stdin.on('error', () => {})
    this.child.once('error', (error) => this.keep(Buffer.from(String(error))))
    this.child.once('exit', () => {
      this.ended = true
    })
    this.hear()
  }

  get pid(): number {
    return this.child.pid ?? 0
  }

  get printed(): string {
    return this.printedText
  }

  /** SIGTERM, and SIGKILL when that is not heard. Harmless twice. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.ended || this.child.pid === undefined) return
    const exited = once(this.child, 'exit')
    this.child.kill(signal)
    const cancel = systemClock.after(endWithinMs, () => this.child.kill('SIGKILL'))
    await exited
    cancel()
  }

  protected hear(): void {
    this.child.stdout.on('data', (chunk: Buffer) => this.keep(chunk))
  }

  protected keep(chunk: Buffer): void {
    this.printedText = (this.printedText + chunk.toString('utf8')).slice(-printedLimit)
  }

  protected failure(what: string): Error {
    return new Error(`${this.start.command} ${this.start.args.join(' ')}: ${what}\n${this.printedText}`)
  }
}

/**
 * A program that is told what to do by one JSON line at a time and answers each with one JSON line, `{"value": …}` or
 * `{"error": "words"}`; for libraries whose start costs more than what a test asks of them. Its own log belongs on stderr.
 */
export class LineProgram extends TestProgram {
  private readonly waiting: { readonly take: (answer: unknown) => void; readonly fail: (error: Error) => void }[] = []

  /** Questions are answered in the order in which they were asked. Rejects with the program's words, or when it ends first. */
  ask<Value>(question: unknown): Promise<Value> {
    return new Promise<Value>((resolve, reject) => {
      this.waiting.push({ take: (answer) => resolve(answer as Value), fail: reject })
      if (this.child.exitCode !== null) this.failAll('it has ended')
      else this.child.stdin.write(`${JSON.stringify(question)}\n`)
    })
  }

  protected override hear(): void {
    const lines = createInterface({ input: this.child.stdout })
    lines.on('line', (line) => this.answer(line))
    lines.on('close', () => this.failAll('it ended before it answered'))
  }

  private answer(line: string): void {
    const asked = this.waiting.shift()
    try {
      const { value, error } = JSON.parse(line) as { readonly value?: unknown; readonly error?: string }
      if (error === undefined) asked?.take(value)
      else asked?.fail(this.failure(error))
    } catch {
      asked?.fail(this.failure(`no answer is this line: ${line}`))
    }
  }

  private failAll(why: string): void {
    for (const { fail } of this.waiting.splice(0)) fail(this.failure(why))
  }
}
