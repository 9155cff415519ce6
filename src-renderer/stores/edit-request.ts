/** The message that shall open in its editor, asked for by a list and taken once by the inspector. */
let wanted: string | null = null

export const askForEdit = (id: string): void => {
  wanted = id
}

export function takeEditRequest(id: string): boolean {
  if (wanted !== id) return false
  wanted = null
  return true
}
