/** Why a body cannot be a job's data where workers parse it as JSON, and stall on what is none; null when it can. */
export function notJson(body: Uint8Array, product: string): string | null {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
  } catch {
    return `${product} keeps data as JSON text, and these bytes are not UTF-8`
  }
  try {
    JSON.parse(text)
    return null
  } catch (error) {
    return `${product} keeps data as JSON text, and this is not JSON: ${error instanceof Error ? error.message : 'unreadable'}`
  }
}
