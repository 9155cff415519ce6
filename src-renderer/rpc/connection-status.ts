/**
 * Where the wire to the console's core stands. connecting: the first try is under way; open; lost: was open, tries again by
 * itself; ended: the core said goodbye or the token is not good any more, and no try will help.
 */
export type ConnectionStatus = 'connecting' | 'open' | 'lost' | 'ended'
