/** What only the moment of connecting may know. */
export interface Keys {
  readonly password: string | null
  /** The code of an MFA device, taken once; null: nobody gave one. */
  readonly mfaCode: () => string | null
}
