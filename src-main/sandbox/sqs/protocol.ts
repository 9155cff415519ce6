import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Account } from './account'
import { SqsError } from './errors'
import type { Fault } from './faults'
import { allOperations, isOperationName, type OperationName } from './operations/all-operations'
import { isRecord, type RequestInput } from './request-input'

/** Ten messages of JSON in JSON can be several times their limit of one MiB together. */
const mostRequestBytes = 16 * 1024 * 1024
const contentType = 'application/x-amz-json-1.0'

export interface Exchange {
  readonly account: Account
  /** Called once for each request that names an operation; answers what goes wrong with it, if anything. */
  readonly onOperation: (operation: OperationName) => Fault | undefined
}

/** AWS JSON 1.0: POST /, the operation in x-amz-target, JSON in and out. Signatures are not looked at. */
export async function answer(exchange: Exchange, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  try {
    const operation = operationOf(request)
    const input = await inputOf(request)
    const fault = exchange.onOperation(operation)
    if (fault?.kind === 'error') throw new SqsError(fault.name, fault.message ?? `Ordered by a test: ${fault.name}.`)
    if (fault?.kind === 'cut') {
      request.socket.destroy()
      return
    }
    const output = await allOperations[operation](exchange.account, input, { gone: gone.signal })
    if (fault?.kind === 'lose answer') request.socket.destroy()
    else send(response, 200, output)
  } catch (error) {
    const told = error instanceof SqsError ? error : new SqsError('InternalFailure', String(error))
    response.setHeader('x-amzn-query-error', `${told.queryCode};${told.fault}`)
    send(response, told.status, { __type: told.shape, message: told.message })
  }
}

function operationOf(request: IncomingMessage): OperationName {
  const target = String(request.headers['x-amz-target'] ?? '')
  const [service, name = ''] = target.split('.')
  if (request.method !== 'POST' || service !== 'AmazonSQS' || !isOperationName(name))
    throw new SqsError('InvalidAction', `The action ${name || target} is not valid for this endpoint.`)
  return name
}

async function inputOf(request: IncomingMessage): Promise<RequestInput> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > mostRequestBytes) throw new SqsError('MalformedInput', 'The request is too large.')
    chunks.push(chunk)
  }
  try {
    const input: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}')
    if (isRecord(input)) return input
  } catch {
    // Said below.
  }
  throw new SqsError('MalformedInput', 'The request is not a JSON object.')
}

function send(response: ServerResponse, status: number, body: unknown): void {
  if (response.destroyed) return
  const text = JSON.stringify(body)
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(text),
    'x-amzn-requestid': randomUUID(),
  })
  response.end(text)
}
