/** Lines for whoever runs the console: no payload, no secret, no argument of a command. */
export interface Log {
  info(message: string): void
  warn(message: string): void
  /** A bug: its name, message and stack, with secrets taken out. */
  error(message: string, cause?: unknown): void
}

/** Writes one line an entry. What looks like a credential in a URL is replaced wherever it stands. */
export function createLog(write: (line: string) => void): Log {
  const line = (level: string, message: string) => write(`${new Date().toISOString()} ${level} ${clean(message)}\n`)
  return {
    info: (message) => line('info', message),
    warn: (message) => line('warn', message),
    error: (message, cause) => line('error', cause === undefined ? message : `${message}: ${describe(cause)}`),
  }
}

function describe(cause: unknown): string {
  if (!(cause instanceof Error)) return 'not an Error'
  // Clients hang the failed command with its arguments on their errors: take only what is named here.
  return cause.stack ?? `${cause.name}: ${cause.message}`
}

/** Credentials out, control characters (terminal escapes) made visible, one entry kept together. */
function clean(text: string): string {
  return text
    .replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/@]*@/gi, '$1***@')
    .replace(/\b(AUTH|HELLO \d AUTH)\s+\S+(\s+\S+)?/gi, '$1 ***')
    .replace(/(?!\n)\p{Cc}/gu, (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`)
    .replace(/\n/g, '\n  ')
}
